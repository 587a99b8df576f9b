extension HTTPServerAddress {
    /// The folder itself.
    public var baseURL: String { url.hasSuffix("/") ? url : url + "/" }

    /// Where the file at `path` is: below the base, every byte that means something in a URL escaped.
    ///
    /// `nil` for a path that ``fault(inPath:)`` refuses.
    public func url(ofFile path: String) -> String? {
        guard Self.fault(inPath: path) == nil else { return nil }
        var bytes: [UInt8] = []
        for byte in path.utf8 {
            if Self.isPlain(byte) || byte == UInt8(ascii: "/") {
                bytes.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return baseURL + String(decoding: bytes, as: UTF8.self)
    }

    /// What is wrong with the path of a file below the base; `nil`: nothing.
    public static func fault(inPath path: String) -> String? {
        if let fault = FileSource.fault(inPath: path) { return fault }
        return climbs(Substring(path)) ? "must stay below the connection's URL, without . and .., however written" : nil
    }

    /// Whether a server might take some part of `path` for `.` or `..`: one that takes a backslash for a slash, or that
    /// undoes escapes again and again.
    static func climbs(_ path: Substring) -> Bool {
        var bytes = Array(path.utf8)
        while true {
            let parts = bytes.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
            if parts.contains(where: { $0.count <= 2 && $0.allSatisfy { $0 == UInt8(ascii: ".") } }) { return true }
            let plain = unescaped(bytes)
            guard plain.count < bytes.count else { return false }
            bytes = plain
        }
    }

    /// RFC 3986 §2.3.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Undoes `%XX` once; what is no whole escape stays.
    private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexDigit(bytes[index + 1]),
                let low = hexDigit(bytes[index + 2])
            {
                plain.append(high << 4 | low)
                index += 3
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return plain
    }
}
