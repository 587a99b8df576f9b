internal import Catalog
internal import Glibc

/// A column of a CSV file with some of its values.
public struct CSVColumn: Sendable {
    /// As the header has it; `column_1` and so on where there is none.
    public var name: String
    /// As they stand in the file, without quotes, not necessarily UTF-8, each up to the bytes asked for.
    public var values: [[UInt8]] = []
}

/// Takes values of all columns from all over a CSV file, in a few MiB of reading.
public struct CSVValues: Sendable {
    /// `nil`: the one of comma, semicolon, tab and bar that is most frequent in the first line.
    public var delimiter: UInt8?
    public var hasHeader = true
    /// Rows that are taken at most, each with the same chance.
    public var maxRows = 1000
    /// Bytes of a value; the rest is left out.
    public var maxValueBytes = 1024

    /// All values together; beyond, fewer rows are taken.
    static let maxSampleBytes = 64 << 20

    public init() {}

    /// The columns of the file at `path`, which the calling process reads with its own rights.
    ///
    /// - Throws: When the file cannot be read, is no text, or has no header line although it should.
    public func columns(of path: String) throws(SourceFailure) -> [CSVColumn] {
        let input = try Self.open(path)
        var file = FileSource(connection: "", path: path, format: .csv, header: hasHeader)
        if let delimiter { file.delimiter = delimiter } else { file.delimiter = try Self.guessDelimiter(input) }
        try input.seek(to: 0)
        var collection = CSVValueCollection(self, file)
        let size = Inspection.SampleSize(bytes: 16 << 20, firstBytes: 4 << 20, blockBytes: 256 << 10)
        try Sample(input, size).run(name: path, &collection)
        return collection.columns
    }

    private static func open(_ path: String) throws(SourceFailure) -> FileInput {
        // A pipe without a writer would hold the program for ever.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw SourceFailure(.sourceUnreadable, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let input = FileInput(adopting: descriptor, name: path, status: status)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SourceFailure(.sourceUnreadable, "\(path) is no regular file")
        }
        return input
    }

    private static func guessDelimiter(_ input: FileInput) throws(SourceFailure) -> UInt8 {
        var window = ByteWindow()
        try window.fill(from: input)
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in window.storage[..<window.end] {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: "\n"), !isQuoted { break }
            if !isQuoted, ",;\t|".utf8.contains(byte) { counts[byte, default: 0] += 1 }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? UInt8(ascii: ",")
    }
}

/// Keeps rows by chance while a file is read (reservoir sampling, Vitter 1985, algorithm R).
private struct CSVValueCollection: RecordInspection {
    private(set) var columns: [CSVColumn] = []
    private let settings: CSVValues
    private let delimiter: UInt8
    private let limits = DecodingLimits.ingest
    private var scanner: CSVRecordScanner
    private var prologue = TextPrologue()
    private var isJumping = false
    private var rowsSeen = 0
    private var byteCount = 0
    /// The same file gives the same sample.
    private var generator = SplitMix64(state: 1)

    init(_ settings: CSVValues, _ file: FileSource) {
        self.settings = settings
        delimiter = file.delimiter
        scanner = CSVRecordScanner(delimiter: file.delimiter, limits: limits)
    }

    mutating func jump() {
        scanner = CSVRecordScanner(delimiter: delimiter, limits: limits)
        isJumping = true
    }

    mutating func take(_ window: Span<UInt8>, _ start: inout Int, isAtEnd: Bool) throws(RowErrors) -> Bool {
        do throws(RowError) {
            if !prologue.isPast {
                try prologue.skip(window, &start, isAtEnd: isAtEnd)
                guard prologue.isPast else { return false }
            }
            if isJumping {
                guard let end = window.firstIndex(of: UInt8(ascii: "\n"), from: start) else { return false }
                start = end + 1
                isJumping = false
            }
            switch try scanner.next(in: window, from: start, isAtEnd: isAtEnd) {
            case .needsMore: return false
            case .end:
                guard !columns.isEmpty || !settings.hasHeader else {
                    throw RowError(.missingHeader, line: 1, record: nil, "the text has no header line")
                }
                return false
            case .emptyLine: start += scanner.length
            case .record:
                let record = window.extracting(start..<(start + scanner.length))
                start += scanner.length
                look(at: record)
            }
        } catch { throw RowErrors(errors: [error]) }
        return true
    }

    private mutating func look(at record: Span<UInt8>) {
        if columns.isEmpty {
            columns = scanner.fields.enumerated().map { index, field in
                let name = settings.hasHeader ? String(decoding: text(of: field, in: record), as: UTF8.self) : ""
                return CSVColumn(name: name.isEmpty ? ColumnNaming.name(ofField: index + 1) : name)
            }
            if settings.hasHeader { return }
        }
        guard scanner.fault == nil, scanner.fields.count == columns.count else { return }
        rowsSeen += 1
        let kept = columns[0].values.count
        guard kept >= settings.maxRows || byteCount >= CSVValues.maxSampleBytes else {
            for (index, field) in scanner.fields.enumerated() {
                let text = text(of: field, in: record)
                byteCount += text.count
                columns[index].values.append(text)
            }
            return
        }
        let place = Int.random(in: 0..<rowsSeen, using: &generator)
        guard place < kept else { return }
        for (index, field) in scanner.fields.enumerated() { columns[index].values[place] = text(of: field, in: record) }
    }

    private func text(of field: CSVRecordScanner.Field, in record: Span<UInt8>) -> [UInt8] {
        // Doubled quotes become one each: twice the bytes are enough.
        let end = min(Int(field.end), Int(field.start) + 2 * settings.maxValueBytes)
        var text: [UInt8] = []
        CSVDecoder.append(unquoting: record.extracting(Int(field.start)..<end), to: &text)
        return Array(text.prefix(settings.maxValueBytes))
    }
}

/// Steele, Lea, Flood 2014: "Fast splittable pseudorandom number generators".
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
