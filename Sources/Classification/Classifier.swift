/// Tells which columns hold personal data, from samples of their values and from their names.
///
/// The best of all recognisers wins. Values and name are taken as independent: together they are wrong when both are.
public struct Classifier: Sendable {
    /// What a verdict needs at least.
    public static let leastConfidence = 0.5

    private let recognisers: [any Recogniser]

    /// - Parameter year: The current one, after which nobody was born.
    public init(year: Int) {
        recognisers = [
            Email(), Phone(), PersonName(), PostalAddress(), BankAccount(), PaymentCard(), NationalID(),
            NetworkAddress(),
            HardwareAddress(), BirthDate(year: year), Coordinates(), WebAddress(), UserName(), FreeText(),
        ]
    }

    /// The verdicts of a table's columns in their order; `nil`: nothing speaks for personal data.
    public func verdicts(of columns: [ColumnSample]) -> [Verdict?] {
        let statistics = columns.map(ColumnStatistics.init)
        var verdicts = zip(columns, statistics).map { verdict(of: $0, $1) }
        for index in verdicts.indices.dropLast() where verdicts[index] == nil || verdicts[index + 1] == nil {
            guard CoordinatePair.stand(in: statistics[index], statistics[index + 1]) else { continue }
            guard !NameReading(columns[index].name).denied.contains(.coordinates) else { continue }
            for place in [index, index + 1] where verdicts[place] == nil {
                verdicts[place] = CoordinatePair.verdict(statistics[place])
            }
        }
        return verdicts
    }

    private func verdict(of column: ColumnSample, _ statistics: ColumnStatistics) -> Verdict? {
        guard !statistics.isEmpty else { return nil }
        if let entity = ColumnTypes.certain(column.type) {
            let evidence = Evidence(
                share: 1, valueCount: statistics.values.count, recogniser: "type: \(column.type ?? "")", nameRule: nil)
            return Verdict(entity: entity, confidence: 0.95, evidence: evidence)
        }
        let reading = NameReading(column.name)
        let possible = ColumnTypes.entities(of: column.type)
        var best: Verdict?
        for recogniser in recognisers where possible.contains(recogniser.entity) {
            guard let verdict = verdict(by: recogniser, statistics, reading) else { continue }
            if verdict.confidence > best?.confidence ?? 0 { best = verdict }
        }
        guard let best, best.confidence >= Self.leastConfidence else { return nil }
        return best
    }

    private func verdict(
        by recogniser: any Recogniser, _ statistics: ColumnStatistics, _ reading: NameReading
    ) -> Verdict? {
        let entity = recogniser.entity
        let finding = recogniser.find(in: statistics)
        var doubt = 1 - (finding?.confidence ?? 0)
        let isNamed = reading.rule?.entity == entity
        if let rule = reading.rule, isNamed {
            doubt *= 1 - rule.strength.rawValue * recogniser.plausibility(of: statistics)
        } else if reading.denied.contains(entity) {
            doubt = 1 - (1 - doubt) * 0.45
        } else if reading.rule?.strength == .strong, finding != nil {
            // The name says something else: only forms that nothing else has are believed against it.
            doubt = 1 - (1 - doubt) * 0.75
        }
        guard doubt < 1 else { return nil }
        return Verdict(
            entity: entity, confidence: ((1 - doubt) * 100).rounded() / 100,
            evidence: Evidence(
                share: ((finding?.share ?? 0) * 1000).rounded() / 1000, valueCount: statistics.values.count,
                recogniser: finding?.recogniser, nameRule: isNamed ? reading.rule?.phrase.joined(separator: " ") : nil))
    }
}
