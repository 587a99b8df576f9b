internal import Catalog

/// Why a source cannot be read, or not to its end, in words that hold no secret and quote no value.
///
/// Nothing of the unit may be applied then.
public struct SourceFailure: Error, Sendable, Hashable {
    public enum Code: String, Sendable, CaseIterable {
        /// The file is not there, is no regular file, or may not be read; a web server answers 404 or the like.
        case sourceUnreadable = "source_unreadable"
        /// The path or the address is one that no pipeline may use; a web server redirects.
        case sourceRefused = "source_refused"
        /// The other server does not answer, is busy, or went away half-way.
        case sourceUnavailable = "source_unavailable"
        /// The other server refuses the user, its password or token, or its reading.
        case sourceForbidden = "source_forbidden"
        /// The file is damaged, cut off, or not written as it should be, and nobody knows where the next record begins.
        case malformedSource = "malformed_source"
        /// Its columns are not those that the step wants.
        case columnsDiffer = "columns_differ"
        /// A record or the source needs more than is allowed for it.
        case limitExceeded = "limit_exceeded"
        /// A check, a pattern or a bound makes no sense for its column.
        case invalidCheck = "invalid_check"
        /// A record failed a check that says `fail`.
        case checkFailed = "check_failed"
        /// A record cannot be read as the columns' types, and the step says `fail`.
        case typeError = "type_error"
    }

    public var code: Code
    /// One sentence: what happened, and where in the source.
    public var detail: String
    /// What to do next.
    public var hint: String?
    /// Line of the source from 1, where one is to blame.
    public var line: Int?
    /// The name of the column at fault; `nil` where it is none.
    public var column: String?
    /// Whether another attempt may go better without anybody changing anything.
    public var isRetryable: Bool

    public init(
        _ code: Code, _ detail: String, hint: String? = nil, line: Int? = nil, column: String? = nil,
        isRetryable: Bool = false
    ) {
        self.code = code
        self.detail = detail
        self.hint = hint
        self.line = line
        self.column = column
        self.isRetryable = isRetryable
    }
}

extension SourceFailure: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(detail)" }
}

extension SourceFailure {
    /// What makes the rest of a source unreadable, or is wrong with its header.
    init(_ errors: RowErrors, in name: String, onNewColumn: NewColumnPolicy) {
        let more = errors.errors.count > 1 ? " (the first of \(errors.errors.count) faults)" : ""
        let first = errors.errors.first
        let detail = "\(name), \(first.map { "\($0)" } ?? "")\(more)"
        switch first?.code {
        case .unknownColumn?:
            // Had it been there when the source was inspected, the dataset would have it.
            self.init(
                .columnsDiffer, detail, hint: "Set onNewColumn to ignore, or let it be added.", line: first?.line,
                column: first?.column, isRetryable: onNewColumn == .add)
        case .missingColumn?, .duplicateColumn?, .missingHeader?:
            self.init(.columnsDiffer, detail, line: first?.line, column: first?.column)
        case .limitExceeded?: self.init(.limitExceeded, detail, line: first?.line, column: first?.column)
        default: self.init(.malformedSource, detail, line: first?.line, column: first?.column)
        }
    }
}
