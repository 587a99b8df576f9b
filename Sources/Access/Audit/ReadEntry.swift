/// One governed read, or one end of it when it is streamed.
public struct ReadEntry: Sendable {
    /// How much of the read the entry tells.
    public enum Phase: String, Sendable {
        /// The read and its outcome.
        case whole
        /// A stream whose first bytes are about to leave.
        case begun
        /// The end of such a stream.
        case ended
    }

    public enum Decision: String, Sendable {
        case allowed, refused, failed
    }

    public var principal: String
    /// `rows` or `query`.
    public var surface: String
    public var phase: Phase = .whole
    /// `domain.dataset`.
    public var datasets: [String]
    /// `domain.dataset.column`; empty where the statement's columns are not known.
    public var columns: [String]
    public var rowCount: Int?
    public var byteCount: Int?
    public var duration: Duration = .zero
    public var policyVersion: Int64
    public var decision: Decision = .allowed
    /// Of the problem, when not allowed.
    public var code: String?
    public var statement: String?
    public var requestID: String

    public init(
        principal: String, surface: String, datasets: [String], columns: [String], policyVersion: Int64,
        requestID: String, statement: String? = nil
    ) {
        self.principal = principal
        self.surface = surface
        self.datasets = datasets
        self.columns = columns
        self.policyVersion = policyVersion
        self.requestID = requestID
        self.statement = statement
    }

    /// The columns of `sluice.read_audit` that `copyRow` writes, in its order.
    static let columns = """
        at, principal, surface, phase, datasets, columns, row_count, byte_count, duration_us, policy_version, decision, \
        code, statement, request_id
        """

    /// Appends the entry as a row of COPY's text format (Postgres manual, "COPY").
    ///
    /// - Parameter at: When it happened, in microseconds since the Unix epoch.
    func copyRow(at microseconds: Int64, into bytes: inout [UInt8]) {
        Timestamp.append(microseconds: microseconds, to: &bytes)
        CopyText.append(principal, to: &bytes)
        CopyText.append(surface, to: &bytes)
        CopyText.append(phase.rawValue, to: &bytes)
        CopyText.append(datasets, to: &bytes)
        CopyText.append(columns, to: &bytes)
        CopyText.append(rowCount.map(Int64.init), to: &bytes)
        CopyText.append(byteCount.map(Int64.init), to: &bytes)
        let (seconds, attoseconds) = duration.components
        CopyText.append(seconds * 1_000_000 + attoseconds / 1_000_000_000_000, to: &bytes)
        CopyText.append(policyVersion, to: &bytes)
        CopyText.append(decision.rawValue, to: &bytes)
        CopyText.append(code, to: &bytes)
        CopyText.append(statement, to: &bytes)
        CopyText.append(requestID, to: &bytes)
        bytes[bytes.count - 1] = UInt8(ascii: "\n")
    }
}

/// Fields of COPY's text format, each followed by a tab.
private enum CopyText {
    static func append(_ text: String?, to bytes: inout [UInt8]) {
        if let text { append(escaped: text, to: &bytes) } else { bytes += [UInt8(ascii: "\\"), UInt8(ascii: "N")] }
        bytes.append(UInt8(ascii: "\t"))
    }

    static func append(_ number: Int64?, to bytes: inout [UInt8]) {
        guard let number else { return append(String?.none, to: &bytes) }
        // A description of a number is ASCII and mostly held without an allocation.
        bytes.append(contentsOf: number.description.utf8)
        bytes.append(UInt8(ascii: "\t"))
    }

    /// A one-dimensional array: every element quoted, then escaped once more for COPY.
    static func append(_ texts: [String], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    append(escaped: UInt8(ascii: "\\"), to: &bytes)
                }
                append(escaped: byte, to: &bytes)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\t"))
    }

    private static func append(escaped text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 { append(escaped: byte, to: &bytes) }
    }

    private static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\\"): bytes += [byte, byte]
        case UInt8(ascii: "\t"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case UInt8(ascii: "\r"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
        default: bytes.append(byte)
        }
    }
}

/// Times as Postgres reads them.
private enum Timestamp {
    /// Appends civil date and time in UTC of a Unix time, and a tab (Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms").
    static func append(microseconds: Int64, to bytes: inout [UInt8]) {
        let seconds = microseconds / 1_000_000
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let time = seconds % 86_400
        append(year, width: 4, then: "-", to: &bytes)
        append(month, width: 2, then: "-", to: &bytes)
        append(day, width: 2, then: " ", to: &bytes)
        append(time / 3600, width: 2, then: ":", to: &bytes)
        append(time / 60 % 60, width: 2, then: ":", to: &bytes)
        append(time % 60, width: 2, then: ".", to: &bytes)
        append(microseconds % 1_000_000, width: 6, then: "+", to: &bytes)
        append(0, width: 2, then: "\t", to: &bytes)
    }

    private static func append(_ number: Int64, width: Int, then mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: mark))
    }
}
