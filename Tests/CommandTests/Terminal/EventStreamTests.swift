import Testing

@testable import sluice

@Suite struct EventStreamTests {
    private static let text = """
        event: state
        id: 1-0
        data: {"state": "queued"}

        : still here

        event: log\r
        id: 1-7\r
        data: {"line": 7,\r
        data:  "message": "x"}\r
        \r
        data: bare

        event: without data

        """

    private func read(_ text: String, pieces: Int, _ stream: inout EventStream) throws -> [EventStream.Event] {
        var events: [EventStream.Event] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try Array(rest.prefix(pieces)).withUnsafeBytes { piece in try stream.take(piece) { events.append($0) } }
            rest = rest.dropFirst(pieces)
        }
        return events
    }

    @Test func eventsAreTheSameHoweverTheyAreCut() throws {
        for size in [1, 2, 3, 7, 50, 1000] {
            var stream = EventStream()
            #expect(
                try read(Self.text, pieces: size, &stream) == [
                    .init(name: "state", data: #"{"state": "queued"}"#),
                    .init(name: "log", data: "{\"line\": 7,\n \"message\": \"x\"}"),
                    .init(name: "message", data: "bare"),
                ], "pieces of \(size)")
            #expect(stream.lastID == "1-7")
        }
    }

    @Test func aNewConnectionForgetsWhatWasHalfRead() throws {
        var stream = EventStream()
        #expect(try read("id: 3-1\nevent: state\ndata: {\"ha", pieces: 5, &stream).isEmpty)
        stream.reconnect()
        #expect(stream.lastID == "3-1")
        #expect(try read("data: whole\n\n", pieces: 5, &stream) == [.init(name: "message", data: "whole")])
    }

    @Test func aLineWithoutEndIsRefusedBeforeItFillsTheMemory() throws {
        var lines = LineSplitter()
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(throws: CommandFailure.self) {
            for _ in 0...16 { try piece.withUnsafeBytes { try lines.take($0) { _ in } } }
        }
    }
}
