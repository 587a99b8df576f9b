public import JSON

/// Something that a source has: a folder, a file, or a table.
public struct SourceItem: Sendable, Hashable {
    /// What it is, in the words of the API.
    public enum Kind: String, Sendable, CaseIterable, JSONFieldWord {
        case folder, file
        case table, view
        case materializedView = "materialized_view"
        case partitionedTable = "partitioned_table"
        case foreignTable = "foreign_table"
    }

    public var kind: Kind
    /// A file's or folder's own name; `schema.table`.
    public var name: String
    /// What names it in a path, and in a step.
    public var path: String
    public var details: Details
    /// What a step's `from` takes; `nil` where more must be said, such as the format of a file.
    public var from: SourceSpec?
    /// As a step's `columns` take them; of a file only when it was inspected.
    public var columns: [DeclaredColumn]?

    /// What goes with the kind.
    public enum Details: Sendable, Hashable {
        case folder(modifiedAt: String, isReadable: Bool)
        /// Size and time: `nil` where a server does not say them.
        case file(size: Int?, modifiedAt: String?, isReadable: Bool, FileEndings)
        /// The key by the names of `columns`; `estimatedRows`: `nil` where the database has none.
        case table(estimatedRows: Int?, primaryKey: [String])
    }

    public init(
        kind: Kind, name: String, path: String, details: Details, from: SourceSpec? = nil,
        columns: [DeclaredColumn]? = nil
    ) {
        self.kind = kind
        self.name = name
        self.path = path
        self.details = details
        self.from = from
        self.columns = columns
    }
}

/// What a file's name says of how it is written.
public struct FileEndings: Sendable, Hashable {
    /// `nil`: its ending is none that is known.
    public var format: FileFormat?
    public var compression: FileCompression

    public init(format: FileFormat?, compression: FileCompression) {
        self.format = format
        self.compression = compression
    }

    /// `a.csv.gz` is CSV in gzip.
    public init(of path: String) {
        var parts = path.lowercased().split(separator: "/").last?.split(separator: ".").dropFirst() ?? []
        let compressions: [Substring: FileCompression] = ["gz": .gzip, "zst": .zstd]
        let compression = parts.last.flatMap { compressions[$0] }
        if compression != nil { parts.removeLast() }
        let formats: [Substring: FileFormat] = ["csv": .csv, "ndjson": .ndjson, "jsonl": .ndjson]
        self.init(format: parts.last.flatMap { formats[$0] }, compression: compression ?? .none)
    }
}

/// Some of what a source has, in the order of the names.
public struct SourcePage: Sendable, Hashable {
    /// Bytes of items that end a page before its limit is reached.
    public static let maxBytes = 256 << 10

    public private(set) var items: [SourceItem] = []
    /// What the next page begins after; `nil` on the last one.
    public var next: String?
    private var byteCount = 0

    public init() {}

    /// Adds an item unless the page is full.
    ///
    /// - Returns: False, and nothing is added, when another item would make it too large. The first always fits.
    public mutating func append(_ item: SourceItem) -> Bool {
        let size = item.json.encoded().count
        guard items.isEmpty || byteCount + size <= Self.maxBytes else { return false }
        byteCount += size
        items.append(item)
        return true
    }

    public var json: JSONValue { ["items": .array(items.map(\.json)), "next": JSONValue(next)] }

    /// Reads what ``json`` wrote.
    public init(_ fields: inout JSONFields) {
        items = fields.objects("items") { SourceItem(&$0) }
        next = fields.optional("next")
    }

    public static func == (left: SourcePage, right: SourcePage) -> Bool {
        left.items == right.items && left.next == right.next
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(items)
        hasher.combine(next)
    }
}
