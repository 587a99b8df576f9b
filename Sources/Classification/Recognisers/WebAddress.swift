/// A URL with a scheme and a host, or one that begins with `www.`.
struct WebAddress: ValueRecogniser {
    let entity = Entity.url
    let name = "url"

    func matches(_ value: SampledValue) -> Bool {
        Self.isURL(value.bytes[...]) || Self.isHostWithPath(value.bytes[...])
    }

    /// A domain alone is an address when the column says so.
    func plausibility(of column: ColumnStatistics) -> Double {
        min(1, column.share { matches($0) || Email.isDomain($0.bytes[...]) } * 2)
    }

    static func isURL(_ text: ArraySlice<UInt8>) -> Bool {
        guard !text.contains(where: \.isSpace) else { return false }
        var rest = text
        if let colon = text.firstIndex(of: UInt8(ascii: ":")), text[colon...].starts(with: "://".utf8) {
            let scheme = text[..<colon]
            guard scheme.count >= 2, scheme.count <= 12, scheme.first!.isLetter else { return false }
            guard scheme.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") }) else { return false }
            // `jdbc`, `s3`, `redis`: places of machines, and still addresses.
            return text.count > colon + 4
        }
        guard rest.prefix(4).map({ $0.isUpper ? $0 + 0x20 : $0 }).elementsEqual("www.".utf8) else { return false }
        rest = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
        return Email.isDomain(rest)
    }

    /// `example.com/about`, which is no path of files: those begin with a folder.
    private static func isHostWithPath(_ text: ArraySlice<UInt8>) -> Bool {
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")), !text.contains(where: \.isSpace) else { return false }
        let host = text[..<slash]
        return host.contains(where: \.isLower) && !host.contains(UInt8(ascii: "_")) && Email.isDomain(host)
    }
}
