extension HTTPRequest {
    /// The headers as libcurl takes them.
    ///
    /// - Throws: `invalidRequest` for what would break out of its line.
    func headerLines() throws(HTTPClientError) -> [String] {
        guard Self.isToken(method) else {
            throw HTTPClientError(.invalidRequest, "\"\(method)\" is no method")
        }
        // Without this libcurl would wait a second for "100 Continue" before larger bodies.
        var lines = ["Expect:"]
        if body != nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            // Without this libcurl would call any body a form.
            lines.append("Content-Type:")
        }
        for (name, value) in headers {
            guard Self.isToken(name), value.utf8.allSatisfy({ $0 == 9 || $0 >= 32 && $0 != 127 }) else {
                throw HTTPClientError(.invalidRequest, "the header \"\(name)\" cannot be sent")
            }
            // libcurl takes "Name:" as "leave it out" and "Name;" as an empty value.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        return lines
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
