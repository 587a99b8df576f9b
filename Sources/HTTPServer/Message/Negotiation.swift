/// Choice of a representation by `Accept` (RFC 9110 §12.5.1).
public enum Negotiation {
    /// The offered media type that the client likes best; among equals the one offered first.
    ///
    /// - Parameters:
    ///   - fields: The request's; no `Accept`, or an empty one, accepts everything.
    ///   - offered: At least one; media types without parameters, in lower case, the server's favourite first.
    /// - Throws: `Problem` 406 `not_acceptable` naming what is on offer.
    public static func choose(_ fields: Fields, from offered: [String]) throws(Problem) -> String {
        let accepted = fields.list("accept")
        guard !accepted.isEmpty else { return offered[0] }
        let ranges = accepted.compactMap(MediaRange.init)
        var best: (type: String, quality: Int)?
        for type in offered {
            // The most specific range that matches decides, not the one with the highest quality.
            let decisive = ranges.filter { $0.matches(type) }.max { $0.specificity < $1.specificity }
            guard let quality = decisive?.quality, quality > 0 else { continue }
            if quality > best?.quality ?? 0 { best = (type, quality) }
        }
        guard let best else {
            throw Problem(
                406, "not_acceptable", "None of the accepted formats is on offer",
                hint: "Accept one of: \(offered.joined(separator: ", ")).")
        }
        return best.type
    }
}

/// One member of an `Accept` field: `text/*;q=0.5`.
struct MediaRange: Sendable {
    let type: String
    let subtype: String
    /// Thousandths: 0…1000.
    let quality: Int

    /// `nil` when it is malformed; such members are passed over.
    init?(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let names = trimmed(String(parts[0])).lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty, names[0] != "*" || names[1] == "*" else {
            return nil
        }
        (type, subtype) = (String(names[0]), String(names[1]))
        var quality = 1000
        for part in parts.dropFirst() {
            let parameter = trimmed(String(part)).lowercased()
            guard parameter.hasPrefix("q=") else { continue }
            guard let value = MediaRange.thousandths(String(parameter.dropFirst(2))) else { return nil }
            quality = value
        }
        self.quality = quality
    }

    /// `*/*` 0, `text/*` 1, `text/csv` 2.
    var specificity: Int { (type == "*" ? 0 : 1) + (subtype == "*" ? 0 : 1) }

    func matches(_ mediaType: String) -> Bool {
        if type == "*" { return true }
        let slash = mediaType.firstIndex(of: "/") ?? mediaType.endIndex
        guard mediaType[..<slash] == type else { return false }
        return subtype == "*" || mediaType[slash...].dropFirst() == subtype
    }

    /// A quality value: `0`, `1`, `0.85`, up to three decimals.
    private static func thousandths(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard (1...5).contains(bytes.count), bytes[0] == 0x30 || bytes[0] == 0x31 else { return nil }
        if bytes.count > 1, bytes[1] != UInt8(ascii: ".") { return nil }
        var value = Int(bytes[0] - 0x30) * 1000
        var scale = 100
        for digit in bytes.dropFirst(2) {
            guard digit.isDigit else { return nil }
            value += Int(digit - 0x30) * scale
            scale /= 10
        }
        return value <= 1000 ? value : nil
    }
}
