/// The name somebody probably meant.
public enum ClosestName {
    /// The candidate with the fewest edits from `name`, at most a third of its length (and at least one); `nil` when
    /// none is that close. Names of more than 64 bytes are not compared.
    public static func of(_ name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard wanted.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().utf8)
            guard letters.count <= 64 else { continue }
            let distance = distance(wanted, letters)
            if distance <= max(1, wanted.count / 3), distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Edits (insert, delete, replace, swap two neighbours) from one to the other: optimal string alignment.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var (before, row) = ([Int](), Array(0...b.count))
        for (i, byte) in a.enumerated() {
            var next = [i + 1]
            for (j, other) in b.enumerated() {
                var edits = min(row[j] + (byte == other ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, byte == b[j - 1], a[i - 1] == other { edits = min(edits, before[j - 1] + 1) }
                next.append(edits)
            }
            (before, row) = (row, next)
        }
        return row[b.count]
    }
}
