/// What a server answered.
public struct HTTPResponse: Sendable {
    /// 100 to 599 (RFC 9110 section 15).
    public internal(set) var status = 0
    /// In the order they came; a name may come more than once.
    public internal(set) var headers: [(name: String, value: String)] = []
    /// Empty where the body was streamed.
    public internal(set) var body: [UInt8] = []
    /// Fields after a chunked body.
    public internal(set) var trailers: [(name: String, value: String)] = []

    /// The first header of that name, in any case.
    public subscript(name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// The body as UTF-8, with U+FFFD for what is none.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
