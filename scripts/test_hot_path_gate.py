#!/usr/bin/env python3
"""Control tests of the hot-path gate: it must pass what is clean and fail what is planted."""

import pathlib
import subprocess
import tempfile
import unittest

GATE = pathlib.Path(__file__).resolve().parent / "hot-path-gate"

SOURCE = """
import Synchronization
typealias Row = (Int, Int, Int, Int, Int, Int, Int, Int)
struct Large: ~Copyable {
  var a: Row = (1, 2, 3, 4, 5, 6, 7, 8), b: Row = (1, 2, 3, 4, 5, 6, 7, 8), c: Row = (1, 2, 3, 4, 5, 6, 7, 8)
  @inline(never) @_optimize(none) func width() -> Int { a.0 &+ b.1 &+ c.7 }
}
struct Pinned: ~Copyable {
  let place = Atomic<UInt8>(0)
  var a: Row = (1, 2, 3, 4, 5, 6, 7, 8), b: Row = (1, 2, 3, 4, 5, 6, 7, 8), c: Row = (1, 2, 3, 4, 5, 6, 7, 8)
  @inline(never) @_optimize(none) func width() -> Int { a.0 &+ b.1 &+ c.7 }
}
final class Note { var value = 0 }
var large = Large()
var pinned = Pinned()
var notes: [Note] = []
@inline(never) func helper(_ x: Int) -> Int { PLANT }
@inline(never) func tail(_ x: Int) -> Int { helper(x &* 3) }
struct Stage {
  var count = 0
  var hook: @convention(c) (Int) -> Int = { $0 }
  @inline(never) mutating func poll() -> Int { count &+= tail(count); return count }
}
var stage = Stage(count: CommandLine.arguments.count)
print(stage.poll())
"""

PLANTS = {
    "clean": "x &+ 1",
    "retain": "let note = notes.last; notes.insert(note!, at: 0); return x",
    "allocation": "let note = Note(); note.value = x; notes = [note]; return x",
    "malloc": "UnsafeMutableRawPointer.allocate(byteCount: x, alignment: 8).load(as: Int.self)",
    "pointer": "stage.hook(x)",
    "copy": "x &+ large.width()",
    "stays": "x &+ pinned.width()",
}


class HotPathGate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        (cls.path / "roots").write_text("^Stage\\.poll\\(\\)\n")
        (cls.path / "allow").write_text("leaf swift_beginAccess  # checks of globals in this test\n")
        for name, plant in PLANTS.items():
            source = cls.path / f"{name}.swift"
            source.write_text(SOURCE.replace("PLANT", plant))
            subprocess.run(["swiftc", "-O", "-module-name", "planted", "-o", cls.path / name, source], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def gate(self, name, roots="roots", allow="allow"):
        result = subprocess.run(
            [GATE, self.path / name, "--roots", self.path / roots, "--allow", self.path / allow],
            capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr

    def test_clean_code_passes(self):
        status, output = self.gate("clean")
        self.assertEqual(status, 0, output)
        self.assertIn("root Stage.poll()", output)
        self.assertIn("1 roots, 3 functions walked, 0 callees outside, 0 offences", output)

    def test_a_planted_retain_fails(self):
        status, output = self.gate("retain")
        self.assertEqual(status, 1, output)
        self.assertRegex(output, r"FAILED swift_retain\S* is not in the allow-list")

    def test_a_planted_allocation_fails_and_the_chain_is_printed(self):
        status, output = self.gate("allocation")
        self.assertEqual(status, 1, output)
        self.assertRegex(output, r"FAILED swift_alloc\w+@plt is not in the allow-list")
        self.assertRegex(output, r"Stage\.poll\(\)\n +tail\(_:\)\n(.*\n)* +swift_alloc")

    def test_a_planted_manual_allocation_fails(self):
        status, output = self.gate("malloc")
        self.assertEqual(status, 1, output)
        self.assertRegex(output, r"FAILED (swift_slowAlloc|malloc|posix_memalign|aligned_alloc)\S* is not")

    def test_a_copy_of_a_large_struct_to_the_stack_fails(self):
        status, output = self.gate("copy")
        self.assertEqual(status, 1, output)
        self.assertIn("FAILED helper(_:) copies 192 bytes to its stack", output)
        status, output = self.gate("stays")
        self.assertEqual(status, 0, output)

    def test_a_call_through_a_pointer_fails_unless_it_is_allowed(self):
        status, output = self.gate("pointer")
        self.assertEqual(status, 1, output)
        self.assertIn("calls through a pointer", output)
        (self.path / "allow-pointer").write_text(
            "leaf swift_beginAccess  # this test\nindirect ^helper  # this test\nindirect ^tail  # inlined helper\n")
        status, output = self.gate("pointer", allow="allow-pointer")
        self.assertEqual(status, 0, output)

    def test_what_is_allowed_passes(self):
        (self.path / "allow-all").write_text("leaf .*  # this test\n")
        self.assertEqual(self.gate("retain", allow="allow-all")[0], 0)

    def test_a_missing_root_fails(self):
        (self.path / "no-root").write_text("^Stage\\.poll\\(\\)\n^Gone\\.poll\\(\\)\n")
        status, output = self.gate("clean", roots="no-root")
        self.assertEqual(status, 1, output)
        self.assertIn("no function matches ^Gone", output)

    def test_a_rule_without_a_reason_is_refused(self):
        (self.path / "no-reason").write_text("leaf malloc\n")
        status, output = self.gate("clean", allow="no-reason")
        self.assertEqual(status, 1)
        self.assertIn("expected `leaf|cold|indirect REGEX  # reason`", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
