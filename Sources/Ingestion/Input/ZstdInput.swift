internal import CZstd

/// What a zstd file (RFC 8878) holds: of several frames, one after the other; skippable frames hold nothing.
final class ZstdInput: ByteInput {
    private let file: any StoredInput
    private let context: OpaquePointer
    private var input = [UInt8](repeating: 0, count: 128 << 10)
    /// The bytes of `input` that have not been decompressed.
    private var pending = 0..<0
    private var isBetweenFrames = true
    private var hasFrame = false
    private var hasMoreOutput = false

    /// Windows of up to 128 MiB, what `zstd -d` takes unasked; usual files (up to level 19) need 8 MiB.
    private static let maxWindowLog: Int32 = 27

    init(_ file: any StoredInput) throws(SourceFailure) {
        guard let context = ZSTD_createDCtx() else {
            throw SourceFailure(.limitExceeded, "there is no memory to decompress \(file.name)")
        }
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maxWindowLog)
        self.file = file
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    var progress: Double? { file.progress }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        while true {
            if pending.isEmpty, !hasMoreOutput {
                pending = 0..<(try refill())
                if pending.isEmpty {
                    guard isBetweenFrames, hasFrame else { throw damaged("ends before its data does") }
                    return 0
                }
            }
            let count = try decompress(into: buffer)
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

    private func decompress(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        var consumed = 0
        let status = input.withUnsafeBytes { bytes in
            var source = ZSTD_inBuffer(
                src: bytes.baseAddress.map { $0 + pending.lowerBound }, size: pending.count, pos: 0)
            defer { consumed = source.pos }
            return ZSTD_decompressStream(context, &output, &source)
        }
        pending = pending.lowerBound + consumed..<pending.upperBound
        guard ZSTD_isError(status) == 0 else {
            let reason = String(cString: ZSTD_getErrorName(status)).lowercased()
            throw damaged("cannot be decompressed (\(reason))")
        }
        hasFrame = true
        isBetweenFrames = status == 0
        hasMoreOutput = output.pos == output.size && status != 0
        return output.pos
    }

    private func damaged(_ what: String) -> SourceFailure {
        SourceFailure(
            .malformedSource, "\(file.name) \(what), near byte \(file.position - pending.count) of the compressed file",
            hint: "Make the file again, or correct the pipeline's compression.")
    }
}
