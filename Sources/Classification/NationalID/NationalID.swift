/// Numbers that states give to persons: tax, social security, identity cards.
///
/// A check digit is right by chance, in one of ten numbers or of a hundred. The scheme counts whose share of valid
/// values is
/// beyond that; without a check digit, the written form.
struct NationalID: Recogniser {
    let entity = Entity.nationalID

    func find(in column: ColumnStatistics) -> Finding? {
        guard !column.isDense else { return nil }
        let texts = column.values.compactMap { IDText($0.bytes) }
        guard texts.count * 3 >= column.values.count, !texts.isEmpty else { return nil }
        var best: Finding?
        for scheme in NationalIDSchemes.all {
            let share = Double(texts.count { scheme.matches($0) }) / Double(column.values.count)
            let excess = ChecksumShare.excess(share, over: scheme.chance, in: column)
            guard excess > 0.25 else { continue }
            let confidence = min(0.96, excess * 1.3) * column.weight
            guard confidence > best?.confidence ?? 0 else { continue }
            best = Finding(
                confidence: confidence, share: share, recogniser: "national id: \(scheme.country) \(scheme.name)")
        }
        return best
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.isDense
            ? 0
            : column.share { value in
                value.digitCount >= 4 && (6...22).contains(value.bytes.count) && !DateText.isDate(value.bytes)
                    && IDText(value.bytes) != nil
            }
    }
}
