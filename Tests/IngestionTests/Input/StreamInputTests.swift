import Catalog
import Testing

@testable import Ingestion

/// A file that can only be read from its beginning, in pieces of any size, and says nothing of its end: as over a network.
private final class StreamInput: StoredInput {
    let name = "rows"
    let identity: String?
    private(set) var position = 0
    private let bytes: [UInt8]
    /// Where it goes on at the end of the bytes; `nil`: it ends.
    private let repeatsFrom: Int?

    init(_ bytes: [UInt8], identity: String? = nil, repeatsFrom: Int? = nil) {
        self.bytes = bytes
        self.identity = identity
        self.repeatsFrom = repeatsFrom
    }

    var progress: Double? { nil }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> Int {
        var start = min(position, bytes.count)
        if let repeatsFrom, start == bytes.count {
            start = repeatsFrom + (position - bytes.count) % (bytes.count - repeatsFrom)
        }
        let piece = bytes[start...].prefix(min(buffer.count, 1000 + position % 7919))
        buffer.copyBytes(from: piece)
        position += piece.count
        return piece.count
    }
}

@Suite struct StreamInputTests {
    private static let text = Array(("a,b\n" + (1...20_000).map { "\($0),row \($0)\n" }.joined()).utf8)

    private func reader(_ input: StreamInput, _ compression: FileCompression = .none) throws -> SourceReader {
        try SourceReader(
            FileSource(connection: "c", path: "rows", format: .csv, compression: compression), input)
    }

    @Test func ofAnEndlessStreamTheBeginningIsLookedAt() async throws {
        let stream = StreamInput(Self.text, repeatsFrom: 4)
        let size = Inspection.SampleSize(bytes: 1 << 20, firstBytes: 1 << 10, blockBytes: 1 << 10)
        let columns = try await Inspection.columns(of: reader(stream), declared: nil, size)
        #expect(columns.map { "\($0.name) \($0.type)" } == ["a bigint", "b text"])
        // What a window holds at most, as no record is longer than half of it.
        #expect((size.bytes...size.bytes + 2 * ByteWindow.readBytes).contains(stream.position))
    }

    @Test(arguments: [FileCompression.none, .gzip])
    func itIsLoadedAndSampledAsAFileIs(_ compression: FileCompression) async throws {
        let bytes = compression == .gzip ? CompressedInputTests.gzip(Self.text) : Self.text
        let columns = try await Inspection.columns(of: reader(StreamInput(bytes), compression))
        #expect(columns.map { "\($0.name) \($0.type)" } == ["a bigint", "b text"])
        let outcome = try await run(
            RecordPipeline(reader(StreamInput(bytes), compression), RecordPlan(target: columns)))
        #expect(outcome.counts.accepted == 20_000 && outcome.copy.hasSuffix("20000\trow 20000\n"))
    }

    @Test func readingGoesOnOnlyWhereTheBytesAreKnownToBeTheSame() async throws {
        let plan = RecordPlan(target: try columns("a int", "b text"))
        func open(_ identity: String?) throws -> RecordPipeline {
            try RecordPipeline(reader(StreamInput(Self.text, identity: identity)), plan)
        }
        let first = try open("v1")
        var batch = CopyBatch()
        #expect(try await first.next(into: &batch))
        let second = try open("v1")
        #expect(try await second.goOn(at: first.position) == .skipped)
        let rest = try await run(second)
        #expect(rest.counts.read == 20_000 && rest.copy.hasPrefix("\(first.counts.read + 1)\t"))
        #expect(try await open(nil).goOn(at: first.position) == .impossible)
    }
}
