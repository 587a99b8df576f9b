/// An address of IPv4 or IPv6, also with a port or the length of a network.
struct NetworkAddress: ValueRecogniser {
    let entity = Entity.ipAddress
    let name = "ip"

    func matches(_ value: SampledValue) -> Bool { Self.octets(value.bytes) != nil || Self.isVersion6(value.bytes) }

    func find(in column: ColumnStatistics) -> Finding? {
        let share = column.share(matches)
        guard share > 0 else { return nil }
        var confidence = Self.confidence(share) * column.weight
        // `3.14.0.2` is as good an address as a version: those of programs have small parts, where addresses have any.
        let small = column.values.compactMap { Self.octets($0.bytes) }.filter(Self.isLikeVersion)
        if Double(small.count) > 0.6 * share * Double(column.values.count) { confidence *= 0.3 }
        return Finding(confidence: confidence, share: share, recogniser: name)
    }

    /// Of a random address all four parts are below 50 once in 700.
    private static func isLikeVersion(_ octets: [Int]) -> Bool { octets[0] != 10 && octets.allSatisfy { $0 < 50 } }

    /// The four parts of IPv4.
    static func octets(_ text: [UInt8]) -> [Int]? {
        var octets: [Int] = []
        var current: Int?
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte.isDigit {
                // No part has a leading zero or more than three digits.
                guard current != 0 else { return nil }
                current = (current ?? 0) * 10 + byte.digit
                guard current! <= 255 else { return nil }
            } else {
                guard let octet = current else { return nil }
                octets.append(octet)
                current = nil
                if byte != UInt8(ascii: ".") || octets.count == 4 { break }
            }
            index += 1
        }
        if let current { octets.append(current) }
        guard octets.count == 4 else { return nil }
        guard index < text.count else { return octets }
        let isSuffix = text[index] == UInt8(ascii: "/") || text[index] == UInt8(ascii: ":")
        let rest = text[(index + 1)...]
        return isSuffix && !rest.isEmpty && rest.count <= 5 && rest.allSatisfy(\.isDigit) ? octets : nil
    }

    /// RFC 4291 §2.2, with an IPv4 part and a prefix length.
    static func isVersion6(_ text: [UInt8]) -> Bool {
        let address = text.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
        guard address.count >= 2, address.count <= 45, address.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else {
            return false
        }
        var groups = address.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var least = 8
        if let last = groups.last, last.contains(UInt8(ascii: ".")) {
            guard octets(Array(last)) != nil else { return false }
            groups.removeLast()
            least = 6
        }
        let filled = groups.filter { !$0.isEmpty }
        guard filled.allSatisfy({ $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }) else { return false }
        let pairs = zip(address, address.dropFirst()).count { $0 == UInt8(ascii: ":") && $1 == UInt8(ascii: ":") }
        return pairs == 1 ? filled.count < least : pairs == 0 && groups.count == filled.count && filled.count == least
    }
}
