import CZlib
import CZstd
import Catalog
import Ingestion
import Testing

@Suite struct CompressedInputTests {
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + 1000)
        input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                (stream.next_in, stream.avail_in) = (source.baseAddress, UInt32(source.count))
                (stream.next_out, stream.avail_out) = (target.baseAddress, UInt32(target.count))
                #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
            }
        }
        deflateEnd(&stream)
        return Array(output.prefix(Int(stream.total_out)))
    }

    private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        // As the program does it.
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        return Array(output.prefix(count))
    }

    private func compress(_ bytes: [UInt8], _ kind: FileCompression) -> [UInt8] {
        kind == .gzip ? Self.gzip(bytes) : Self.zstd(bytes)
    }

    @Test(arguments: [FileCompression.gzip, .zstd])
    func offsetsAreOfTheDecompressedStream(_ kind: FileCompression) async throws {
        let plan = RecordPlan(target: try columns("a int", "b text"))
        let rows = (1...40_000).map { $0 == 30_000 ? "x,wrong\n" : "\($0),row number \($0)\n" }
        let text = Array(("a,b\n" + rows.joined()).utf8)
        let offset = 4 + rows.prefix(29_999).joined().utf8.count
        // Several members, one after the other, are one text.
        let whole = compress(text, kind)
        let parts =
            compress(Array(text.prefix(99_999)), kind) + compress([], kind)
            + compress(Array(text.dropFirst(99_999)), kind)
        for bytes in [whole, parts] {
            let outcome = try await load(bytes, plan) { $0.compression = kind }
            #expect(outcome.counts.accepted == 39_999)
            #expect(outcome.faults == ["invalid_value@30001+\(offset):a"])
            #expect(outcome.quarantined.first.map { String(decoding: $0.bytes, as: UTF8.self) } == "x,wrong\n")
        }
    }

    @Test(arguments: [FileCompression.gzip, .zstd])
    func damageEndsTheUnit(_ kind: FileCompression) async throws {
        let plan = RecordPlan(target: try columns("a int"))
        let bytes = compress(Array(("a\n" + (1...5000).map { "\($0 &* 7919 % 10007)\n" }.joined()).utf8), kind)
        var damaged = bytes
        damaged[damaged.count / 2] ^= 0xFF
        damaged[damaged.count / 2 + 1] ^= 0xFF
        for (name, bytes) in [
            ("cut", Array(bytes.dropLast(9))), ("cut to its start", Array(bytes.prefix(3))), ("empty", []),
            ("garbage behind", bytes + Array("garbage".utf8)), ("plain text", Array("a\n1\n".utf8)),
            ("damaged", damaged),
        ] {
            let failure = try await failure(bytes, plan) { $0.compression = kind }
            #expect(failure?.code == .malformedSource, "\(kind): \(name)")
            #expect(failure?.isRetryable == false, "\(kind): \(name)")
        }
    }

    @Test(arguments: [FileCompression.gzip, .zstd])
    func readingGoesOnInTheMiddleOfTheFile(_ kind: FileCompression) async throws {
        let folder = try TemporaryFolder()
        let text = "a\n" + (1...200_000).map { "\($0)\n" }.joined()
        try folder.write(compress(Array(text.utf8), kind), to: "rows")
        var file = FileSource(connection: "c", path: "rows", format: .csv)
        file.compression = kind
        func open() throws -> RecordPipeline {
            let reader = try SourceReader.open(file, folder: folder.path, roots: FileRoots([folder.path]))
            return try RecordPipeline(reader, RecordPlan(target: try columns("a int")))
        }
        let first = try open()
        var batch = CopyBatch()
        for _ in 0..<10 { #expect(try await first.next(into: &batch)) }
        let position = first.position
        #expect(position.byteOffset > 600_000)
        let second = try open()
        #expect(try await second.goOn(at: position) == .skipped)
        let rest = String(decoding: Array(text.utf8).dropFirst(position.byteOffset), as: UTF8.self)
        #expect(try await run(second).copy == rest)
        #expect(second.counts.read == 200_000)
        var beyond = position
        beyond.byteOffset = 1 << 40
        let third = try open()
        await #expect(throws: SourceFailure.self) { try await third.goOn(at: beyond) }
    }

    @Test func zerosMayPadAGzipFile() async throws {
        let bytes = Self.gzip(Array("a\n1\n".utf8)) + [UInt8](repeating: 0, count: 512)
        #expect(
            try await load(bytes, RecordPlan(target: try columns("a int"))) { $0.compression = .gzip }.copy == "1\n")
    }
}
