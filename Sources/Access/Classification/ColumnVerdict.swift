internal import Classification

/// What the sample of a dataset gave.
struct DatasetVerdicts: Sendable {
    /// A column and what it seems to hold.
    struct Column: Sendable {
        var id: Int
        var verdict: Verdict?
    }

    var columns: [Column]
    /// Rows that were looked at.
    var rowCount: Int
}

/// Rows of a dataset, as a sample for each column.
struct DatasetSample: Sendable {
    /// Characters of all values together, at most: with four bytes each they fit into a result in memory.
    static let maxCharacters = 4 << 20
    /// Characters of a value that are enough to know it by.
    static let leastCharacters = 64

    var columnIDs: [Int]
    var samples: [ColumnSample]
    var rowCount = 0

    /// What is asked for of a dataset with so many columns: first less of each value, then fewer rows.
    static func bounds(ofColumns count: Int) -> (rows: Int, characters: Int) {
        let count = max(count, 1)
        let characters = min(
            ColumnSample.maxValueBytes, max(leastCharacters, maxCharacters / (ColumnSample.maxValues * count)))
        return (min(ColumnSample.maxValues, maxCharacters / (characters * count)), characters)
    }

    /// Judges the columns; takes tens of milliseconds of a core.
    func verdicts(year: Int) -> DatasetVerdicts {
        let verdicts = Classifier(year: year).verdicts(of: samples)
        return DatasetVerdicts(
            columns: zip(columnIDs, verdicts).map { DatasetVerdicts.Column(id: $0, verdict: $1) }, rowCount: rowCount)
    }
}
