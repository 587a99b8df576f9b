import Glibc
import Synchronization
import Testing

@testable import EventLoop

@Suite struct AcceptPauseTests {
    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `a shortage pauses accepting, longer each time up to a second, until one is accepted`(_ code: Int32) {
        var rule = AcceptPause()
        let pauses = (0..<7).map { _ in rule.failed(errno: code) }
        #expect(pauses == [50, 100, 200, 400, 800, 1000, 1000].map { .pause(.milliseconds($0)) })
        rule.accepted()
        #expect(rule.failed(errno: code) == .pause(.milliseconds(50)))
    }

    @Test(arguments: [
        (EAGAIN, AcceptPause.Decision.idle), (EINTR, .next), (ECONNABORTED, .next), (EPROTO, .next), (EPERM, .next),
        (ENETDOWN, .next), (EBADF, .stop), (EINVAL, .stop),
    ])
    func `other failures`(_ code: Int32, _ decision: AcceptPause.Decision) {
        var rule = AcceptPause()
        #expect(rule.failed(errno: code) == decision)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    @Test func `connections spread over all loops, through one port`() async throws {
        try await withGroup { group in
            let perLoop = Mutex([0, 0])
            let listener = try Listener.bind(.loopback(), group: group) { socket in
                perLoop.withLock { $0[socket.loop.index] += 1 }
                Echo.serve(socket)
            }
            try await group.loops[0].run {
                for _ in 0..<64 {
                    let socket = try await Socket.connect(to: listener.address, on: group.loops[0])
                    try await socket.send([1])
                    #expect(try await socket.receive(upTo: 1, before: .after(.seconds(20))) == [1])
                    socket.close()
                }
            }
            let counts = perLoop.withLock { $0 }
            #expect(counts.reduce(0, +) == 64)
            #expect(!counts.contains(0), "all 64 went to one loop: \(counts)")
        }
    }

    @Test func `a port that another listener has is refused, and free again once that one is closed`() async throws {
        try await withGroup { group in
            let first = try Listener.bind(.loopback(), group: group, onConnection: Echo.serve)
            #expect(throws: IOError(.system, operation: "bind \(first.address)", errno: EADDRINUSE)) {
                try Listener.bind(first.address, group: group, onConnection: Echo.serve)
            }
            first.close()
            // Closing takes effect at each loop's next tick.
            for loop in group.loops { try await loop.run {} }
            let second = try Listener.bind(first.address, group: group, onConnection: Echo.serve)
            #expect(second.address == first.address)
        }
    }

    @Test func `above the limit a connection is told so and closed, and a place that is freed is given again`()
        async throws
    {
        var options = Listener.Options()
        options.maxConnections = 2
        options.refusal = Array("full".utf8)
        let chosen = options
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let listener = try Listener.bind(.loopback(), group: group, options: chosen, onConnection: Echo.serve)
            try await loop.run {
                let deadline = Deadline.after(.seconds(20))
                func connect() async throws -> Socket {
                    let socket = try await Socket.connect(to: listener.address, on: loop, before: deadline)
                    try await socket.send([1])
                    return socket
                }
                let kept = [try await connect(), try await connect()]
                for socket in kept { #expect(try await socket.receive(upTo: 8, before: deadline) == [1]) }
                #expect(listener.connections.count == 2)

                let refused = try await connect()
                #expect(try await refused.receive(upTo: 8, before: deadline) == chosen.refusal)
                #expect(try await refused.receive(upTo: 8, before: deadline) == [])
                refused.close()
                #expect(listener.connections.refused == 1)

                kept[0].finishSending()
                #expect(try await kept[0].receive(upTo: 8, before: deadline) == [])
                let next = try await connect()
                #expect(try await next.receive(upTo: 8, before: deadline) == [1])
                for socket in kept + [next] { socket.close() }
            }
        }
    }

    @Test func `a connection that is dropped without a word gives its place back`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let dropped = AsyncStream.makeStream(of: Void.self)
            let listener = try Listener.bind(.loopback(), group: group) { _ in dropped.continuation.finish() }
            try await loop.run {
                let socket = try await Socket.connect(to: listener.address, on: loop)
                for await _ in dropped.stream {}
                #expect(try await socket.receive(upTo: 1, before: .after(.seconds(20))) == [])
                socket.close()
            }
            #expect(listener.connections.count == 0)
        }
    }

    @Test func `nobody listening is an error of the connection`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let listener = try Listener.bind(.loopback(), group: group, onConnection: Echo.serve)
            listener.close()
            try await loop.run {}
            await #expect(throws: IOError(.system, operation: "connect", errno: ECONNREFUSED)) {
                try await loop.run { _ = try await Socket.connect(to: listener.address, on: loop) }
            }
        }
    }

    @Test func `a send that the peer does not read meets its deadline`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            let accepted = AsyncStream.makeStream(of: Socket.self)
            let listener = try Listener.bind(.loopback(), group: group) { accepted.continuation.yield($0) }
            try await loop.run {
                let socket = try await Socket.connect(to: listener.address, on: loop)
                await #expect(throws: IOError(.timedOut, operation: "writable")) {
                    try await socket.send([UInt8](repeating: 0, count: 64 << 20), before: .after(.milliseconds(100)))
                }
                socket.close()
            }
        }
    }
}
