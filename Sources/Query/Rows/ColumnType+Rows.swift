internal import Access
internal import Catalog
internal import Glibc

extension ColumnType {
    /// Whether ORDER BY takes it: all but `json`, which Postgres does not compare.
    var isOrderable: Bool { scalar != .json }

    /// The type parameters are cast to. Without length or precision, which would cut a literal until it fits.
    var castName: String {
        let name =
            FilterType(ColumnType(scalar)).catalogName
            ?? {
                switch scalar {
                case .interval: "interval"
                case .inet: "inet"
                case .json: "json"
                case .jsonb: "jsonb"
                default: "text"
                }
            }()
        return "pg_catalog." + name + (isArray ? "[]" : "")
    }

    /// Why `text` cannot be compared with a column of this type; `nil` when it can.
    ///
    /// Decided here so that a slip of the caller is an answer that names the parameter, not an error of the database.
    func problem(withFilterLiteral text: String) -> String? {
        if text.utf8.contains(0) { return "a text cannot contain a zero byte" }
        if isArray { return "arrays have only is.null" }
        switch scalar {
        case .json, .jsonb: return "JSON has only is.null"
        case .interval: return IntervalText.isInterval(text) ? nil : "an interval is written P1DT2H30M or 1 day 2 hours"
        case .inet: return Self.isAddress(text) ? nil : "an address is written 10.0.0.1, 10.0.0.0/8 or ::1"
        case .numeric, .real, .doublePrecision:
            // The spellings in which answers show them.
            if ["NaN", "Infinity", "-Infinity"].contains(text) { return nil }
        case .timestamptz:
            // Sessions of Sluice run in UTC, so a time without zone means that.
            if LiteralCheck.problem(with: text, as: FilterType(ColumnType(.timestamp(precision: nil)))) == nil {
                return nil
            }
        default: break
        }
        return LiteralCheck.problem(with: text, as: FilterType(self))
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, address.utf8.count <= 45 else { return false }
        var bytes = in6_addr()
        let isVersion6 = inet_pton(AF_INET6, String(address), &bytes) == 1
        guard isVersion6 || inet_pton(AF_INET, String(address), &bytes) == 1 else { return false }
        guard parts.count == 2 else { return true }
        guard let bits = Int(parts[1]), parts[1].utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else { return false }
        return (0...(isVersion6 ? 128 : 32)).contains(bits)
    }
}
