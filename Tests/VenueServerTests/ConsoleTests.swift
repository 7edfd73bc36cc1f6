// Commands to a running venue.

import Simulation
import Testing
import VenueFront
import VenueServer

struct ConsoleTests {
  @Test func answersEachCommandWithALine() throws {
    let server = try VenueServer(VenueServer.Configuration())
    func answer(_ command: String) throws -> JSONValue {
      let text = try server.answer(command)
      #expect(!text.contains("\n"))
      return try #require(JSONValue(parsing: text.utf8))
    }
    #expect(try answer("state")["event"] == .string("state"))
    #expect(try answer("orders")["repeated"]?.elements?.isEmpty == true)
    #expect(try answer("open")["orders"]?.elements?.isEmpty == true)
    #expect(try answer("trades")["trades"]?.elements?.isEmpty == true)
    #expect(try answer("faults reply.lost 5%; market.cut once@1")["event"] == .string("faults"))
    #expect(try answer("faults")["struck"] == .object([]))
    #expect(try answer("faults off")["event"] == .string("faults"))
    #expect(try answer("break")["command"] == .string("break"))
    #expect(try answer("shutdown 10")["command"] == .string("shutdown"))
    for wrong in ["faults reply.lost", "shutdown soon", "shutdown -1", "dance", ""] {
      #expect(try answer(wrong)["event"] == .string("problem"), "\(wrong)")
    }
    _ = try server.stop()
  }

  @Test func itsHelpNamesEveryCommand() {
    for word in ["state", "orders", "open", "trades", "faults PLAN", "break", "shutdown SECONDS"] {
      #expect(VenueServer.commands.contains(word))
    }
  }
}
