internal import CCurl

/// Request headers as libcurl's list, freed exactly once.
struct HeaderList: ~Copyable {
    let list: UnsafeMutablePointer<curl_slist>?

    /// Throws `invalidRequest` for what would break out of its line, or for want of memory.
    init(_ request: HTTPRequest) throws(HTTPClientError) {
        guard Self.isToken(request.method) else {
            throw HTTPClientError(.invalidRequest, "\"\(request.method)\" is no method")
        }
        // Without this libcurl would wait a second for "100 Continue" before larger bodies.
        var lines = ["Expect:"]
        if request.body != nil, !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            // Without this libcurl would call any body a form.
            lines.append("Content-Type:")
        }
        for (name, value) in request.headers {
            guard Self.isToken(name), value.utf8.allSatisfy({ $0 == 9 || $0 >= 32 && $0 != 127 }) else {
                throw HTTPClientError(.invalidRequest, "the header \"\(name)\" cannot be sent")
            }
            // libcurl takes "Name:" as "leave it out" and "Name;" as an empty value.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw HTTPClientError(.failed, "there is no memory for the headers")
            }
            list = longer
        }
        self.list = list
    }

    deinit { curl_slist_free_all(list) }

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
