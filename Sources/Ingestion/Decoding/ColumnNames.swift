internal import Catalog

/// The names of columns for the names that a file gives its fields.
///
/// Letters become lower case, and what is neither an ASCII letter nor a digit becomes `_`, once in a row and not at the
/// ends: `Flight No.` is `flight_no`. A name that begins with a digit gets `c_` before it, one that Sluice or Postgres
/// reserves `_` behind it, one without any letter or digit is `column_` and its number. A name longer than 63 bytes is
/// cut. Where two fields come out alike, the later one gets its number: `name`, `name_2`.
enum ColumnNames {
    /// The column's name for each of `names`, which are in the order of the fields. All are different.
    static func of(_ names: [String]) -> [String] {
        var taken: Set<String> = []
        // Names that need no change keep it, wherever they stand.
        for name in names where isPlain(name) { taken.insert(name) }
        var plain: Set<String> = []
        return names.enumerated().map { index, name in
            if isPlain(name), plain.insert(name).inserted { return name }
            let base = normalised(name) ?? ColumnNaming.name(ofField: index + 1)
            var candidate = base
            var number = 2
            while !taken.insert(candidate).inserted {
                let suffix = "_\(number)"
                candidate = base.prefix(ObjectName.maxLength - suffix.utf8.count) + suffix
                number += 1
            }
            return candidate
        }
    }

    private static func isPlain(_ name: String) -> Bool { ObjectName.fault(in: name) == nil }

    /// `nil` when no letter or digit is left.
    static func normalised(_ name: String) -> String? {
        var result = ""
        var hasGap = false
        for scalar in name.unicodeScalars {
            let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
            let isPlain = ("a"..."z").contains(lower) || ("0"..."9").contains(lower)
            guard isPlain else {
                hasGap = !result.isEmpty
                continue
            }
            if hasGap { result += "_" }
            hasGap = false
            result.unicodeScalars.append(lower)
        }
        guard let first = result.first else { return nil }
        if first.isNumber { result = "c_" + result }
        result = String(result.prefix(ObjectName.maxLength - 1))
        if ObjectName.fault(in: result)?.code == .reservedName {
            // A reserved beginning stays one with anything behind it.
            result = result.hasPrefix("pg_") || result.hasPrefix("sluice") ? "c_" + result : result + "_"
            result = String(result.prefix(ObjectName.maxLength))
        }
        return result
    }
}
