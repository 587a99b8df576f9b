internal import Catalog

/// Rows from the COPY text of another database, one a line: what its sender escaped, COPY takes again as it is.
struct CopyTextDecoder: RecordDecoder {
    private(set) var recordCount = 0
    private var checks: RowChecks
    var recordLine: Int { recordCount }
    var fieldNames: [String]? { columns.map(\.name) }

    private let columns: [TargetColumn]
    private let isSure: [Bool]
    private let isPassedOn: Bool
    private let limits: DecodingLimits
    private let encoder: FieldEncoder
    private var scanned = 0
    private var plain: [UInt8] = []

    /// - Parameter isSure: By column, whether its values need no look.
    init(columns: [TargetColumn], isSure: [Bool], checks: RowChecks, limits: DecodingLimits) {
        self.columns = columns
        self.isSure = isSure
        self.checks = checks
        self.limits = limits
        isPassedOn = !checks.areAny && isSure.allSatisfy { $0 }
        encoder = FieldEncoder(maxJSONDepth: limits.maxJSONDepth)
    }

    mutating func next(
        in window: Span<UInt8>, from start: inout Int, isAtEnd: Bool, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        guard let end = window.firstIndex(of: UInt8(ascii: "\n"), from: start + scanned) else {
            scanned = window.count - start
            if isAtEnd { return .end }
            guard scanned <= limits.maxRecordBytes else {
                let message = "a row is longer than \(limits.maxRecordBytes) bytes"
                throw RowErrors(
                    errors: [RowError(.limitExceeded, line: recordCount + 1, record: recordCount + 1, message)])
            }
            return .needsMore
        }
        scanned = 0
        recordCount += 1
        let line = window.extracting(start..<end + 1)
        start = end + 1
        if isPassedOn {
            CopyText.append(plain: line, to: &output)
            return .row
        }
        return try encode(line, into: &output)
    }

    func report(to counts: inout RecordCounts) { checks.report(to: &counts) }

    private mutating func encode(
        _ line: Span<UInt8>, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        let begin = output.count
        var column = 0
        do throws(FieldError) {
            var start = 0
            for index in 0..<line.count where line[index] == UInt8(ascii: "\t") || index == line.count - 1 {
                guard column < columns.count else { throw FieldError(.tooManyFields, "the row has too many fields") }
                if column > 0 { output.append(UInt8(ascii: "\t")) }
                try encode(line.extracting(start..<index), column: column, into: &output)
                start = index + 1
                column += 1
            }
        } catch {
            output.removeLast(output.count - begin)
            checks.abandonRow()
            let name = column < columns.count ? columns[column].name : nil
            return .wrong(
                RowError(error.code, line: recordCount, record: recordCount, column: name, error.message))
        }
        output.append(UInt8(ascii: "\n"))
        let failure: CheckFailure?
        do { failure = try checks.endRow() } catch {
            throw RowErrors(errors: [error.at(line: recordCount, record: recordCount)])
        }
        guard let failure else { return .row }
        output.removeLast(output.count - begin)
        return .failed(failure.onLine(recordCount))
    }

    private mutating func encode(_ field: Span<UInt8>, column: Int, into output: inout [UInt8]) throws(FieldError) {
        let isChecked = checks.hasChecks(ofColumn: column)
        if field.count == 2, field[0] == UInt8(ascii: "\\"), field[1] == UInt8(ascii: "N") {
            guard columns[column].isNullable else { throw FieldError(.nullNotAllowed, "must not be NULL") }
            CopyText.appendNull(to: &output)
            if isChecked { checks.checkNull(column: column) }
            return
        }
        if isSure[column] { CopyText.append(plain: field, to: &output) }
        guard isChecked || !isSure[column] else { return }
        guard field.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil else {
            return try look(at: field, column, isChecked, into: &output)
        }
        plain.removeAll(keepingCapacity: plain.capacity <= 1 << 20)
        Self.unescape(field, into: &plain)
        // A local: the span must not borrow what is changed.
        let text = plain
        try look(at: text.span, column, isChecked, into: &output)
    }

    private mutating func look(
        at text: Span<UInt8>, _ column: Int, _ isChecked: Bool, into output: inout [UInt8]
    ) throws(FieldError) {
        if !isSure[column] { try encoder.append(text: text, as: columns[column].type, to: &output) }
        if isChecked { checks.check(text, column: column) }
    }

    /// Undoes what `COPY … TO` escapes (manual, COPY, "Text Format").
    private static func unescape(_ field: Span<UInt8>, into text: inout [UInt8]) {
        var index = 0
        while index < field.count {
            let byte = field[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < field.count else {
                text.append(byte)
                index += 1
                continue
            }
            switch field[index + 1] {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "v"): text.append(0x0B)
            case let other: text.append(other)
            }
            index += 2
        }
    }
}
