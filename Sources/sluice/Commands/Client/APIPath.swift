/// Paths of operations.
enum APIPath {
    static let base = "/api/v1"

    /// One segment of a path: everything but unreserved characters in percent-encoding (RFC 3986 §2). A dot too, so that
    /// no name becomes another path.
    static func segment(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(Unicode.Scalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    /// `path?a=b&c=d`, without the parameters that have no value.
    static func with(_ path: String, _ parameters: KeyValuePairs<String, String?>) -> String {
        let given = parameters.compactMap { name, value in value.map { "\(name)=\(segment($0))" } }
        return given.isEmpty ? path : "\(path)?\(given.joined(separator: "&"))"
    }
}
