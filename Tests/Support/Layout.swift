// The bytes of a value's fields, for layout tests: a struct whose fields add up to its stride has no padding.

/// The bytes of all stored fields down to numbers and enums; vectors count whole.
public func fieldBytes<Value>(_ value: Value) -> Int {
  let children = Mirror(reflecting: value).children
  if value is any SIMD || children.isEmpty { return MemoryLayout<Value>.size }
  return children.reduce(0) { sum, child in
    func open<Field>(_ field: Field) -> Int { fieldBytes(field) }
    return sum + _openExistential(child.value, do: open)
  }
}
