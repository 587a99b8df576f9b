/// The first line of a request: `METHOD SP target SP HTTP/1.1` (RFC 9112 §3), one space each, nothing else.
final class RequestLine: Sendable {
    let method: Method
    let target: Target
    let minorVersion: Int
    /// The host of an absolute-form target, which takes the place of the Host field (RFC 9112 §3.2.2).
    let authority: String?

    /// Reads a line without its CR LF.
    init(_ line: Span<UInt8>) throws(WireError) {
        var first = 0
        while first < line.count, line[first] != 0x20 { first += 1 }
        guard first > 0, first < line.count else { throw .badRequestLine }
        for index in 0..<first where !line[index].isTokenByte { throw .badRequestLine }
        var second = first + 1
        while second < line.count, line[second] != 0x20 { second += 1 }
        guard second > first + 1, second < line.count else { throw .badRequestLine }
        minorVersion = try RequestLine.minorVersion(line.extracting((second + 1)..<line.count))
        guard let method = Method(bytes: line.extracting(0..<first)) else { throw .unknownMethod }
        self.method = method
        let target = line.extracting((first + 1)..<second)
        // Visible ASCII only; a fragment never belongs here. Clients send ", | and { raw in queries: taken as they are.
        for index in target.indices where target[index] <= 0x20 || target[index] > 0x7E || target[index] == 0x23 {
            throw .badTarget
        }
        var origin = target
        if target[0] != UInt8(ascii: "/"), !(method == .options && target.equals("*")) {
            let host = try RequestLine.authority(target)
            authority = target.extracting(host).text()
            let rest = target.extracting(host.upperBound..<target.count)
            if rest.isEmpty || rest[0] == UInt8(ascii: "?") {
                let path: [UInt8] = rest.withUnsafeBufferPointer { [UInt8(ascii: "/")] + $0 }
                guard let parsed = Target(bytes: path.span) else { throw .badTarget }
                self.target = parsed
                return
            }
            origin = rest
        } else {
            authority = nil
        }
        guard let parsed = Target(bytes: origin) else { throw .badTarget }
        self.target = parsed
    }

    /// `HTTP/1.x` is read as 1.1 for every x above 0 (RFC 9110 §2.5); other versions are 505, other texts 400.
    private static func minorVersion(_ text: Span<UInt8>) throws(WireError) -> Int {
        guard text.count == 8, text.extracting(0..<5).equals("HTTP/"), text[5].isDigit,
            text[6] == UInt8(ascii: "."), text[7].isDigit
        else { throw .badRequestLine }
        guard text[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return text[7] == UInt8(ascii: "0") ? 0 : 1
    }

    /// Where the authority of `http://host:port/path` stands.
    private static func authority(_ target: Span<UInt8>) throws(WireError) -> Range<Int> {
        for scheme in ["http://", "https://"] {
            let length = scheme.utf8.count
            guard target.count > length,
                equalsIgnoringCase(target.extracting(0..<length).text(), scheme)
            else { continue }
            var end = length
            while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") { end += 1 }
            guard isHost(target.extracting(length..<end).text()) else { throw .badHost }
            return length..<end
        }
        throw .badTarget
    }

    /// Whether a text can be `uri-host [ ":" port ]`: no user information, list, path or white space in it.
    static func isHost(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x2D, 0x2E, 0x5F, 0x7E, 0x25, 0x21, 0x24, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x3B, 0x3D: true
                case 0x3A, 0x5B, 0x5D: true
                default: false
                }
            }
    }
}
