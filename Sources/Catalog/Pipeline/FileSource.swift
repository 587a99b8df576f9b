public import JSON

/// What the rows of a file are written in.
public enum FileFormat: String, Sendable, CaseIterable, JSONFieldWord {
    case csv, ndjson
}

/// What a file is compressed with.
public enum FileCompression: String, Sendable, CaseIterable, JSONFieldWord {
    case none, gzip, zstd
}

/// One file below a connection's folder, read whole.
public struct FileSource: ShapedSource {
    public static let shape = SourceShape.file
    /// Of `path`, in bytes of UTF-8.
    public static let maxPathBytes = 1000

    public var connection: String
    /// Relative to the connection's folder, without `.` and `..`.
    public var path: String
    public var format: FileFormat
    public var compression: FileCompression
    /// Whether the first line names the columns. Of CSV, as the following.
    public var header: Bool
    /// A field with exactly this text is NULL, besides an empty one without quotes.
    public var nullText: String?
    /// One byte of ASCII.
    public var delimiter: UInt8

    public init(
        connection: String, path: String, format: FileFormat, compression: FileCompression = .none,
        header: Bool = true, nullText: String? = nil, delimiter: UInt8 = UInt8(ascii: ",")
    ) {
        self.connection = connection
        self.path = path
        self.format = format
        self.compression = compression
        self.header = header
        self.nullText = nullText
        self.delimiter = delimiter
    }

    public init?(_ from: SourceSpec) {
        guard case .file(let source) = from else { return nil }
        self = source
    }

    init(_ connection: String, _ fields: inout JSONFields) {
        self.connection = connection
        path = fields.relativePath("path")
        let endings = FileEndings(of: path)
        compression = fields.optional("compression") ?? endings.compression
        if let format: FileFormat = fields.optional("format") ?? endings.format {
            self.format = format
        } else {
            if fields.raw("format") == nil, fields.raw("path")?.stringValue != nil {
                fields.reject("format", "is required, as the file's name ends neither in .csv nor in .ndjson")
            }
            format = .csv
        }
        header = fields.optional("header") ?? true
        nullText = fields.text("nullText", limit: 100)
        delimiter = fields.delimiter("delimiter") ?? UInt8(ascii: ",")
        if format == .ndjson {
            for name in ["header", "nullText", "delimiter"] where fields.raw(name) != nil {
                fields.reject(name, "goes with format csv")
            }
        }
    }

    /// What is wrong with a path below a connection's folder; `nil`: nothing.
    public static func fault(inPath path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.isEmpty || path.utf8.count > maxPathBytes || path.utf8.contains(0) {
            return "must have 1 to \(maxPathBytes) bytes, none of them zero"
        }
        if path.hasPrefix("/") { return "must be relative to the connection's folder" }
        if parts.contains(where: { $0 == "." || $0 == ".." || $0.isEmpty }) {
            return "must name a file, without empty parts, . and .."
        }
        return nil
    }

    var json: JSONValue {
        var object: JSONObject = [
            "connection": .string(connection), "path": .string(path), "format": .string(format.rawValue),
            "compression": .string(compression.rawValue),
        ]
        guard format == .csv else { return .object(object) }
        object["header"] = .bool(header)
        object["nullText"] = nullText.map(JSONValue.string)
        object["delimiter"] = .string(String(UnicodeScalar(delimiter)))
        return .object(object)
    }
}

extension JSONFields {
    /// A path that stays below its folder by its words; links are for the reader of the file to follow or refuse.
    fileprivate mutating func relativePath(_ name: String) -> String {
        guard raw(name) != nil else {
            reject(name, "is required; or table, where the connection is a database")
            return ""
        }
        let path = required(name, as: String.self)
        guard raw(name)?.stringValue != nil else { return "" }
        if let fault = FileSource.fault(inPath: path) { reject(name, fault) }
        return path
    }

    fileprivate mutating func delimiter(_ name: String) -> UInt8? {
        guard let text = optional(name, as: String.self) else { return nil }
        let bytes = Array(text.utf8)
        let isPlain: (UInt8) -> Bool = { ($0 == 0x09 || (0x20...0x7E).contains($0)) && $0 != UInt8(ascii: "\"") }
        guard bytes.count == 1, isPlain(bytes[0]) else {
            reject(name, "must be one visible ASCII character, a space or a tab, and no quotation mark")
            return nil
        }
        return bytes[0]
    }
}
