public import JSON

/// A folder of a web server whose files may be read: of a connection of kind `http`.
public struct HTTPServerAddress: ConnectionConfig {
    /// What `from` of a step says of such a connection.
    public typealias Source = FileSource
    /// `token` is sent as `Authorization: Bearer …` (RFC 6750 §2.1).
    public static let secretNames = ["token"]
    /// Of `url`.
    public static let maxURLBytes = 1000

    /// As declared: `http://` or `https://`, host, perhaps a port and a path; nothing else.
    public let url: String
    /// A name or an address, without the brackets that IPv6 has in a URL.
    public let host: String
    /// 1 to 65,535.
    public let port: Int

    /// - Throws: What is wrong with `url`; its text is not quoted, as it may hold a password.
    public init(url: String) throws(HTTPAddressFault) {
        (host, port) = try Self.server(of: url)
        self.url = url
    }

    public init(_ fields: inout JSONFields) {
        let url = fields.required("url", as: String.self)
        do throws(HTTPAddressFault) { self = try HTTPServerAddress(url: url) } catch {
            if fields.raw("url")?.stringValue != nil { fields.reject("url", error.detail) }
            self.init(refused: url)
        }
    }

    /// Stands in for what could not be read; never leaves a reader.
    private init(refused url: String) { (self.url, host, port) = (url, "", 0) }

    public var json: JSONValue { ["url": .string(url)] }

    public static func fault(inSecret name: String, _ value: String) -> String? {
        // Else it would end its header field, or not be sent as it is.
        value.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : "must be visible ASCII, without spaces"
    }

    public static func fault(in source: FileSource) -> (member: String, detail: String)? {
        fault(inPath: source.path).map { (SourceShape.file.member, $0) }
    }
}

/// What is wrong with the URL of a web server's folder.
public struct HTTPAddressFault: Error, Sendable, Hashable {
    /// Goes on after the name of the field; quotes nothing.
    public var detail: String
}
