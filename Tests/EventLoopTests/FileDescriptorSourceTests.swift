import Glibc
import Testing

@testable import EventLoop

func makePipe() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
    return (ends[0], ends[1])
}

/// A second close would hit whatever another test has opened since.
func closeDescriptor(_ descriptor: Int32) {
    #expect(close(descriptor) == 0)
}

private func put(_ count: Int, into descriptor: Int32) {
    #expect(write(descriptor, [UInt8](repeating: 1, count: count), count) == count)
}

private func take(_ limit: Int, from descriptor: Int32) -> Int {
    var bytes = [UInt8](repeating: 0, count: limit)
    return read(descriptor, &bytes, limit)
}

/// A pipe whose reading end is watched.
private struct Watched: Sendable {
    let source: FileDescriptorSource
    let reader: Int32
    let writer: Int32

    init(_ loop: EventLoop) throws {
        (reader, writer) = try makePipe()
        source = FileDescriptorSource(fd: reader, loop: loop)
    }

    func close() {
        source.close()
        closeDescriptor(writer)
    }
}

/// Lets the loop look at epoll and handle what has happened, without a wait of ours.
private func ticks(_ loop: EventLoop) async throws {
    for _ in 0..<2 { try await loop.sleep(for: .zero) }
}

@Suite(.timeLimit(.minutes(1))) struct FileDescriptorSourceTests {
    /// Runs `body` on a loop with a watched pipe.
    private func withPipe(_ body: @escaping @Sendable (Watched, EventLoop) async throws -> Void) async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let pipe = try Watched(loop)
                defer { pipe.close() }
                try await body(pipe, loop)
            }
        }
    }

    @Test func `an edge that arrives while nobody waits is kept for the next wait`() async throws {
        try await withPipe { pipe, loop in
            try pipe.source.rearm()  // registers
            try await ticks(loop)
            #expect(take(8, from: pipe.reader) == -1)
            // Between the read that would block and the wait.
            put(1, into: pipe.writer)
            try await ticks(loop)
            try await pipe.source.readable(timeout: .seconds(20))
            #expect(take(8, from: pipe.reader) == 1)
        }
    }

    @Test func `kept readiness is used up by one wait`() async throws {
        try await withPipe { pipe, loop in
            put(1, into: pipe.writer)
            try await pipe.source.readable(timeout: .seconds(20))
            await #expect(throws: IOError(.timedOut, operation: "readable")) {
                try await pipe.source.readable(timeout: .milliseconds(5))
            }
        }
    }

    @Test func `what a reader left behind is reported again after rearm`() async throws {
        try await withPipe { pipe, loop in
            put(10, into: pipe.writer)
            try await pipe.source.readable(timeout: .seconds(20))
            #expect(take(4, from: pipe.reader) == 4)
            try pipe.source.rearm()
            try await pipe.source.readable(timeout: .seconds(20))
            #expect(take(10, from: pipe.reader) == 6)
        }
    }

    @Test func `deadlines in any order: each wait ends at its own`() async throws {
        try await withPipe { pipe, loop in
            for milliseconds in [30, 5, 20, 1] {
                let deadline = Deadline.after(.milliseconds(milliseconds))
                await #expect(throws: IOError(.timedOut, operation: "readable")) {
                    try await pipe.source.readable(before: deadline)
                }
                #expect(Deadline.now >= deadline)
            }
            // A timer left over from an ended wait does not end a later, longer one.
            put(1, into: pipe.writer)
            try await pipe.source.readable(timeout: .milliseconds(10))
            let writer = pipe.writer
            loop.schedule(after: .milliseconds(40)) { put(1, into: writer) }
            try await pipe.source.readable(timeout: .seconds(20))
        }
    }

    @Test func `a deadline that has passed loses against data that is there`() async throws {
        try await withPipe { pipe, loop in
            put(1, into: pipe.writer)
            try pipe.source.rearm()
            try await ticks(loop)
            try await pipe.source.readable(before: .now)
        }
    }

    @Test(arguments: [true, false])
    func `closing ends a wait, from the loop or from another thread`(_ onLoop: Bool) async throws {
        try await withGroup(loops: 2) { group in
            let loop = group.loops[0]
            let closer = group.loops[onLoop ? 0 : 1]
            try await loop.run {
                let pipe = try Watched(loop)
                loop.onTickEnd { closer.execute { pipe.source.close() } }
                await #expect(throws: IOError(.closed, operation: "readable")) { try await pipe.source.readable() }
                #expect(pipe.source.isClosed)
                #expect(fcntl(pipe.writer, F_GETFD) >= 0)
                await #expect(throws: IOError(.closed, operation: "readable")) { try await pipe.source.readable() }
                pipe.close()
            }
        }
    }

    @Test func `cancelling the task ends its wait, and the descriptor still works`() async throws {
        try await withPipe { pipe, loop in
            let task = Task(executorPreference: loop) { try await pipe.source.readable() }
            try await ticks(loop)
            task.cancel()
            await #expect(throws: IOError(.cancelled, operation: "readable")) { try await task.value }
            put(1, into: pipe.writer)
            try await pipe.source.readable(timeout: .seconds(20))
        }
    }

    @Test func `a task cancelled beforehand does not wait`() async throws {
        try await withPipe { pipe, loop in
            let task = Task(executorPreference: loop) {
                withUnsafeCurrentTask { $0?.cancel() }
                try await pipe.source.readable()
            }
            await #expect(throws: IOError(.cancelled, operation: "readable")) { try await task.value }
        }
    }

    @Test func `both directions can be awaited at once`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            try await loop.run {
                var ends: [Int32] = [0, 0]
                try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
                try #require(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
                let (near, far) = (ends[0], ends[1])
                let source = FileDescriptorSource(fd: near, loop: loop)
                while write(near, [UInt8](repeating: 0, count: 4096), 4096) > 0 {}
                async let input: Void = source.readable(timeout: .seconds(20))
                async let output: Void = source.writable(timeout: .seconds(20))
                try await ticks(loop)
                put(1, into: far)
                try await input
                var room = [UInt8](repeating: 0, count: 1 << 20)
                #expect(read(far, &room, room.count) > 0)
                try await output
                source.close()
                closeDescriptor(far)
            }
        }
    }

    @Test func `a wait goes on with the new descriptor after rebind`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let first = try makePipe()
                let second = try makePipe()
                let source = FileDescriptorSource(fd: first.reader, loop: loop, ownsDescriptor: false)
                async let waited: Void = source.readable(timeout: .seconds(20))
                try await ticks(loop)
                try source.rebind(fd: second.reader)
                put(1, into: second.writer)
                try await waited
                source.close()
                for end in [first.reader, first.writer, second.reader, second.writer] {
                    #expect(fcntl(end, F_GETFD) >= 0, "close() took a descriptor it does not own")
                    closeDescriptor(end)
                }
            }
        }
    }

    @Test func `the peer's end is told once, also when it came before the handler`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let (reader, writer) = try makePipe()
                let told = Monitor(0)
                let first = FileDescriptorSource(fd: reader, loop: loop)
                let second = FileDescriptorSource(fd: dup(reader), loop: loop)
                try first.setHangupHandler { told.update { $0 += 1 } }
                try second.rearm()
                closeDescriptor(writer)
                try await ticks(loop)
                #expect(told.update { $0 } == 1)
                #expect(second.peerFinished)
                try second.setHangupHandler { told.update { $0 += 1 } }
                try await ticks(loop)
                try await ticks(loop)
                #expect(told.update { $0 } == 2)
                first.close()
                second.close()
            }
        }
    }

    @Test func `a descriptor epoll cannot watch is an error`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let source = FileDescriptorSource(fd: open("/dev/null", O_RDONLY), loop: loop)
                await #expect(throws: IOError(.system, operation: "epoll_ctl", errno: EPERM)) {
                    try await source.readable()
                }
                source.close()
            }
        }
    }
}
