// Why a load cannot be made.

/// What is wrong, and what to do about it.
package struct LoadError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
