import Catalog
import Postgres

extension MaskSpec {
    /// Whether the mask has a meaning for a column of `type`. A tag's mask that has none acts as `nullify` there.
    /// (Whether the value of `fixed` casts to the type, only Postgres can say: `Change.checkFixed`.)
    func fits(_ type: ColumnType) -> Bool {
        switch self {
        case .nullify, .fixed: true
        case .token: type.holdsText(ofLength: Self.tokenLength)
        case .sha256Query: type.holdsText(ofLength: Self.digestLength)
        case .sha256: type.holdsText(ofLength: Self.digestLength) || type.category == .binary
        case .alphanum, .email, .showLast, .showFirst: type.category == .text
        case .round(let multiple): type.category == .number && type.holdsMultiples(of: multiple)
        case .year, .month: type.category == .date || type.category == .timestamp
        case .expression(let text): (try? MaskExpression(parsing: text, for: type)) != nil
        }
    }

    /// The masked value of the SQL expression `value`, of a column of `type`; NULL stays NULL.
    ///
    /// - Parameters:
    ///   - stored: Where the value of a `StoredMask` is found.
    ///   - salt: Where the statement's salt is found.
    func sql(_ value: String, of type: ColumnType, stored: String = "NULL", salt: String = "NULL") -> String {
        let base = type.baseSpelling
        func text(_ call: String) -> String { "\(call)::\(base)" }
        switch self {
        case .nullify:
            return "NULL::\(base)"
        case .fixed(let constant):
            let literal = SQL.quoted(literal: constant)
            return "CASE WHEN \(value) IS NULL THEN NULL::\(base) ELSE \(literal)::\(base) END"
        case .sha256Query: return text("encode(sha256(\(salt) || \(stored)), 'hex')")
        case .token, .sha256: return "\(stored)::\(base)"
        case .alphanum: return text("sluice.mask_alphanum(\(value)::text)")
        case .email: return text("sluice.mask_email(\(value)::text)")
        case .showLast(let count): return text("sluice.mask_show_last(\(value)::text, \(count))")
        case .showFirst(let count): return text("sluice.mask_show_first(\(value)::text, \(count))")
        case .year: return "sluice.mask_truncate(\(value), 'year')::\(base)"
        case .month: return "sluice.mask_truncate(\(value), 'month')::\(base)"
        case .round(let multiple):
            let (lowest, highest) = type.numericBounds
            return "sluice.mask_round(\(value)::numeric, \(multiple)::numeric, "
                + "\(lowest)::numeric, \(highest)::numeric)::\(base)"
        case .expression(let written):
            // Where it does not parse, it does not fit, and `nullify` stands in its place.
            let expression = try? MaskExpression(parsing: written, for: type)
            return expression?.sql(value, of: FilterType(type), spelled: base) ?? "NULL::\(base)"
        }
    }
}

extension ColumnType {
    /// Whether the type is text, and so long a one is not cut.
    fileprivate func holdsText(ofLength length: Int) -> Bool {
        guard category == .text else { return false }
        return switch scalar {
        case .varchar(let limit?), .char(let limit): limit >= length
        default: true
        }
    }

    /// Whether every multiple of a positive decimal has no more decimals than the type: it would be rounded a second
    /// time, to what is no multiple.
    fileprivate func holdsMultiples(of multiple: String) -> Bool {
        let decimals: Int
        switch baseSpelling {
        case "smallint", "integer", "bigint": decimals = 0
        default:
            guard let (_, scale) = numericModifier else { return true }
            decimals = scale
        }
        return DecimalText(multiple).map { $0.lastPlace >= -decimals } ?? false
    }

    /// The least and the greatest number the type holds, as SQL literals: what a rounded value is kept between.
    fileprivate var numericBounds: (lowest: String, highest: String) {
        switch baseSpelling {
        case "smallint": return ("'-32768'", "'32767'")
        case "integer": return ("'-2147483648'", "'2147483647'")
        case "bigint": return ("'-9223372036854775808'", "'9223372036854775807'")
        case "real": return ("'-3.4028234e38'", "'3.4028234e38'")
        case "double precision": return ("'-1.7976931348623157e308'", "'1.7976931348623157e308'")
        default:
            guard let (precision, scale) = numericModifier else { return ("'-Infinity'", "'Infinity'") }
            let digits = String(repeating: "9", count: max(precision, 1))
            return ("'-\(digits)e-\(scale)'", "'\(digits)e-\(scale)'")
        }
    }
}
