/// The name of a domain, dataset, column, principal, group, mask or row filter: `[a-z][a-z0-9_]{0,62}`.
///
/// 63 bytes is where Postgres cuts identifiers (NAMEDATALEN - 1).
public enum ObjectName {
    public static let maxLength = 63

    /// Why `name` cannot be used; `nil` when it can.
    public static func fault(in name: String) -> (code: RefusalCode, detail: String)? {
        let bytes = Array(name.utf8)
        let isLetter: (UInt8) -> Bool = { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        let isInner: (UInt8) -> Bool = {
            isLetter($0) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "_")
        }
        guard let first = bytes.first, isLetter(first), bytes.allSatisfy(isInner), bytes.count <= maxLength else {
            return (.invalid, "must match [a-z][a-z0-9_]{0,62}")
        }
        if isReserved(name) { return (.reservedName, "is reserved") }
        return nil
    }

    /// Names that mean something to Postgres or to Sluice (api.md, Conventions).
    static func isReserved(_ name: String) -> Bool {
        name.hasPrefix("pg_") || name.hasPrefix("sluice") || reserved.contains(name)
    }

    private static let reserved: Set<String> = [
        "store", "public", "information_schema", "postgres",
        // System columns (Postgres manual 5.5) cannot name a column.
        "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "oid",
    ]

    /// Throws unless `name` can be used; `pointer` is its place in the body.
    public static func check(_ name: String, at pointer: String) throws(Refusal) {
        guard let (code, detail) = fault(in: name) else { return }
        throw Refusal.invalid(code, at: pointer, detail, hint: "Names are lower-case letters, digits and _.")
    }
}

/// The name of a tag: names joined by dots, such as `pii.email`; `pii` covers `pii.*`. At most 200 bytes.
public enum TagName {
    /// Throws `.invalid` unless `name` can be one; `pointer` is the place in the body that the refusal names.
    public static func check(_ name: String, at pointer: String) throws(Refusal) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 200, parts.allSatisfy({ ObjectName.fault(in: String($0))?.code != .invalid }) else {
            throw Refusal.invalid(at: pointer, "must be names of [a-z][a-z0-9_]{0,62} joined by dots")
        }
    }
}
