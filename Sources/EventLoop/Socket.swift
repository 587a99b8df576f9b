internal import CLinux
internal import Glibc

/// One connected TCP socket on a loop.
///
/// The `try…` calls never wait; the others try at once and suspend only when the kernel would block. Call everything but
/// `close` on the loop's thread, and `close()` when done: an open socket that has waited once is kept by its loop.
public final class Socket: Sendable {
    public let source: FileDescriptorSource
    /// The other end; `nil` if it was gone before its address could be read.
    public let remoteAddress: SocketAddress?

    public var loop: EventLoop { source.loop }

    /// Takes ownership of `fd`, a non-blocking stream socket, and turns Nagle's algorithm off.
    init(fd: Int32, remoteAddress: SocketAddress?, loop: EventLoop) {
        var on: Int32 = 1
        // Fails only on a socket that is no TCP socket or is reset already, which the next read says.
        _ = setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        self.source = FileDescriptorSource(fd: fd, loop: loop)
        self.remoteAddress = remoteAddress
    }

    /// Opens a connection. On the loop's thread.
    public static func connect(to address: SocketAddress, on loop: EventLoop, before deadline: Deadline = .never)
        async throws(IOError) -> Socket
    {
        let descriptor = clinux_stream_socket(address.family)
        guard descriptor >= 0 else { throw IOError.last("socket") }
        let socket = Socket(fd: descriptor, remoteAddress: address, loop: loop)
        do throws(IOError) {
            let code = address.withKernelAddress { Glibc.connect(descriptor, $0, $1) }
            if code != 0 {
                guard errno == EINPROGRESS || errno == EINTR else { throw IOError.last("connect") }
                try await socket.source.writable(before: deadline)
                var failure: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) == 0 else {
                    throw IOError.last("getsockopt")
                }
                guard failure == 0 else { throw IOError(.system, operation: "connect", errno: failure) }
            }
            return socket
        } catch {
            socket.close()
            throw error
        }
    }

    // MARK: Receiving

    /// Reads what is there into `buffer`, which must not be empty. Returns the count, 0 at the end of the stream, `nil`
    /// when nothing has arrived.
    public func tryReceive(into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int? {
        guard !source.isClosed else { throw IOError(.closed, operation: "recv") }
        source.clearReadable()
        while true {
            let count = recv(source.descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            if errno == EAGAIN { return nil }
            guard errno == EINTR else { throw IOError.last("recv") }
        }
    }

    /// Reads at least one byte into `buffer`, waiting for it. Returns the count, 0 at the end of the stream.
    ///
    /// The caller keeps `buffer` alive and leaves it alone until this returns.
    public func receive(into buffer: UnsafeMutableRawBufferPointer, before deadline: Deadline = .never)
        async throws(IOError) -> Int
    {
        while true {
            if let count = try tryReceive(into: buffer) { return count }
            try await source.readable(before: deadline)
        }
    }

    /// Reads at least one byte and at most `limit`, waiting for it. Empty at the end of the stream.
    public func receive(upTo limit: Int, before deadline: Deadline = .never) async throws(IOError) -> [UInt8] {
        while true {
            var end = false
            var failure: IOError?
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                do throws(IOError) {
                    let received = try tryReceive(into: UnsafeMutableRawBufferPointer(buffer))
                    count = received ?? 0
                    end = received == 0
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if end || !bytes.isEmpty { return bytes }
            try await source.readable(before: deadline)
        }
    }

    // MARK: Sending

    /// Sends what the kernel takes now. Returns the count, `nil` when it takes nothing.
    public func trySend(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Int? {
        guard !source.isClosed else { throw IOError(.closed, operation: "send") }
        source.clearWritable()
        while true {
            let count = Glibc.send(source.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            if errno == EAGAIN { return nil }
            guard errno == EINTR else { throw IOError.last("send") }
        }
    }

    /// Sends what the kernel takes now of several pieces in order, at most the first 64 of them, in one call. Returns the
    /// count over all, `nil` when it takes nothing.
    public func trySend(pieces: [UnsafeRawBufferPointer]) throws(IOError) -> Int? {
        guard !source.isClosed else { throw IOError(.closed, operation: "sendmsg") }
        source.clearWritable()
        let used = min(pieces.count, 64)
        return try withUnsafeTemporaryAllocation(of: iovec.self, capacity: max(1, used)) {
            (vectors) throws(IOError) -> Int? in
            for index in 0..<used {
                vectors[index] = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: pieces[index].baseAddress), iov_len: pieces[index].count
                )
            }
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            message.msg_iovlen = used
            while true {
                // sendmsg and not writev: only the former can be told not to raise SIGPIPE.
                let count = sendmsg(source.descriptor, &message, Int32(MSG_NOSIGNAL))
                if count >= 0 { return count }
                if errno == EAGAIN { return nil }
                guard errno == EINTR else { throw IOError.last("sendmsg") }
            }
        }
    }

    /// Sends all of `bytes`, waiting while the peer does not read.
    public func send(_ bytes: [UInt8], before deadline: Deadline = .never) async throws(IOError) {
        var sent = 0
        while sent < bytes.count {
            let count = try bytes.span.withUnsafeBytes { (all) throws(IOError) in
                try trySend(UnsafeRawBufferPointer(rebasing: all[sent...]))
            }
            if let count {
                sent += count
            } else {
                try await source.writable(before: deadline)
            }
        }
    }

    /// Sends all of `pieces` in order, waiting while the peer does not read.
    public func send(pieces: [[UInt8]], before deadline: Deadline = .never) async throws(IOError) {
        var piece = 0
        var offset = 0
        while piece < pieces.count {
            guard let count = try trySend(pieces: pieces, from: piece, offset: offset) else {
                try await source.writable(before: deadline)
                continue
            }
            offset += count
            while piece < pieces.count, offset >= pieces[piece].count {
                offset -= pieces[piece].count
                piece += 1
            }
        }
    }

    /// `trySend(pieces:)` for arrays, whose bytes can only be lent one inside the other.
    private func trySend(pieces: [[UInt8]], from piece: Int, offset: Int) throws(IOError) -> Int? {
        var lent: [UnsafeRawBufferPointer] = []
        func lend(_ index: Int) throws(IOError) -> Int? {
            guard index < min(pieces.count, piece + 64) else { return try trySend(pieces: lent) }
            return try pieces[index].withUnsafeBufferPointer { (bytes) throws(IOError) in
                lent.append(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[(index == piece ? offset : 0)...])))
                return try lend(index + 1)
            }
        }
        return try lend(piece)
    }

    // MARK: Ending

    /// Tells the peer that nothing more comes; receiving goes on.
    public func finishSending() {
        guard !source.isClosed else { return }
        // ENOTCONN: the peer was quicker, which the next read says.
        _ = shutdown(source.descriptor, Int32(SHUT_WR))
    }

    /// Closes now and ends every wait with `.closed`. From any thread; again: no effect.
    public func close() {
        source.close()
    }
}
