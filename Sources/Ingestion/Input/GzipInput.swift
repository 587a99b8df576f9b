internal import CZlib

/// What a gzip file (RFC 1952) holds: of several members, one after the other. Zeros may follow the last one.
final class GzipInput: ByteInput {
    private let file: any StoredInput
    private var stream = z_stream()
    private var input = [UInt8](repeating: 0, count: 128 << 10)
    /// The bytes of `input` that have not been decompressed.
    private var pending = 0..<0
    private var isBetweenMembers = true
    private var hasMember = false

    init(_ file: any StoredInput) throws(SourceFailure) {
        self.file = file
        // 15: the largest window there is, 32 KiB; 16: gzip's own frame and nothing else.
        let status = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw SourceFailure(.limitExceeded, "there is no memory to decompress \(file.name)")
        }
    }

    deinit { inflateEnd(&stream) }

    var progress: Double? { file.progress }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        while true {
            if pending.isEmpty {
                pending = 0..<(try refill())
                if pending.isEmpty {
                    guard isBetweenMembers, hasMember else { throw damaged("ends before its data does") }
                    return 0
                }
            }
            if isBetweenMembers, try !beginMember() { continue }
            let count = try inflate(into: buffer)
            if count > 0 { return count }
        }
    }

    private func refill() throws(SourceFailure) -> Int {
        var failure: SourceFailure?
        let count = input.withUnsafeMutableBytes { bytes in
            do throws(SourceFailure) { return try file.read(into: bytes) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }

    /// Looks at what follows a member; `false` when it is nothing.
    private func beginMember() throws(SourceFailure) -> Bool {
        if hasMember {
            while let first = pending.first, input[first] == 0 { pending = first + 1..<pending.upperBound }
            guard let first = pending.first else { return false }
            // RFC 1952, 2.3.1: ID1.
            guard input[first] == 0x1F else { throw damaged("has other bytes behind its data") }
            inflateReset(&stream)
        }
        isBetweenMembers = false
        hasMember = true
        return true
    }

    private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        let room = min(buffer.count, 1 << 30)
        let status = input.withUnsafeMutableBufferPointer { bytes in
            stream.next_in = bytes.baseAddress.map { $0 + pending.lowerBound }
            stream.avail_in = UInt32(pending.count)
            stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room)
            return CZlib.inflate(&stream, Z_NO_FLUSH)
        }
        pending = pending.upperBound - Int(stream.avail_in)..<pending.upperBound
        switch status {
        case Z_STREAM_END: isBetweenMembers = true
        case Z_OK, Z_BUF_ERROR: break
        case Z_MEM_ERROR: throw SourceFailure(.limitExceeded, "there is no memory to decompress \(file.name)")
        default: throw damaged(hasMember && stream.total_out > 0 ? "is damaged" : "is no gzip file, or damaged")
        }
        return room - Int(stream.avail_out)
    }

    private func damaged(_ what: String) -> SourceFailure {
        SourceFailure(
            .malformedSource, "\(file.name) \(what), near byte \(file.position - pending.count) of the compressed file",
            hint: "Make the file again, or correct the pipeline's compression.")
    }
}
