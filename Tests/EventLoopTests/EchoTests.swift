import EventLoop
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EchoTests {
    @Test(arguments: ["127.0.0.1:0", "[::1]:0"])
    func `what is sent comes back, over both address families`(_ text: String) async throws {
        try await withGroup { group in
            let listener = try Listener.bind(
                SocketAddress(parsing: text), group: group, onConnection: Echo.serve)
            #expect(listener.address.port != 0)
            let answer = try await group.loops[0].run {
                let socket = try await Socket.connect(to: listener.address, on: group.loops[0])
                defer { socket.close() }
                try await socket.send(Array("hello".utf8))
                return try await socket.receive(upTo: 64, before: .after(.seconds(10)))
            }
            #expect(answer == Array("hello".utf8))
        }
    }

    @Test func `many connections with pieces of any size get every byte in order`() async throws {
        try await withGroup { group in
            let listener = try Listener.bind(.loopback(), group: group, onConnection: Echo.serve)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for seed in UInt64(0)..<200 {
                    let loop = group.next()
                    tasks.addTask {
                        try await loop.run { try await exchange(listener.address, on: loop, seed: seed) }
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }
}

/// Sends random pieces in random batches while reading back, and compares at the end.
private func exchange(_ address: SocketAddress, on loop: EventLoop, seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let batches = (0..<Int.random(in: 1...12, using: &random)).map { _ in
        (0..<Int.random(in: 0...90, using: &random)).map { _ in
            [UInt8](repeating: .random(in: 0...255, using: &random), count: .random(in: 0...3000, using: &random))
        }
    }
    let sent = batches.reduce(into: [UInt8]()) { all, batch in for piece in batch { all += piece } }
    let socket = try await Socket.connect(to: address, on: loop, before: .after(.seconds(20)))
    defer { socket.close() }
    // Both directions at once: an echo server that is only written to stops reading when its buffers are full.
    async let written: Void = {
        for batch in batches { try await socket.send(pieces: batch, before: .after(.seconds(20))) }
        socket.finishSending()
    }()
    var received: [UInt8] = []
    while true {
        let bytes = try await socket.receive(upTo: 1 + Int(random.next() % 8000), before: .after(.seconds(20)))
        if bytes.isEmpty { break }
        received += bytes
    }
    try await written
    #expect(received == sent, "seed \(seed)")
}
