public import JSON

/// A folder whose files may be read: of a connection of kind `file`.
public struct FileFolder: ConnectionConfig {
    /// What `from` of a step says of such a connection.
    public typealias Source = FileSource
    public static let secretNames: [String] = []

    /// Absolute, or relative to a file root of the server (`--file-roots`). That it lies below one, links resolved, is
    /// checked where it is opened.
    public var path: String

    public init(path: String) {
        self.path = path
    }

    public init(_ fields: inout JSONFields) {
        path = fields.required("path")
        guard fields.raw("path")?.stringValue != nil else { return }
        let parts = path.split(separator: "/")
        if path.isEmpty || path.utf8.count > 1000 || path.utf8.contains(0) {
            fields.reject("path", "must have 1 to 1000 bytes, none of them zero")
        } else if parts.contains("..") {
            fields.reject("path", "must not have a part ..")
        }
    }

    public var json: JSONValue { ["path": .string(path)] }
}
