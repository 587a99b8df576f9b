/// Days of birth: dates spread over the lives of people who live.
struct BirthDate: Recogniser {
    let entity = Entity.birthDate
    /// The year it is, after which nobody has been born.
    var year: Int

    func find(in column: ColumnStatistics) -> Finding? {
        let dates = column.values.compactMap { DateText($0.bytes) }
        guard dates.count >= 8, dates.count * 10 >= column.values.count * 7 else { return nil }
        guard dates.count(where: \.hasTime) * 20 <= dates.count else { return nil }
        let years = dates.map(\.year).sorted()
        let (low, middle, high) = (years[years.count / 20], years[years.count / 2], years[years.count * 19 / 20])
        // Many adults: a middle between 18 and 75 years ago, and half a century between the young and the old.
        guard low > year - 115, high < year, middle < year - 15, middle > year - 80, high - low >= 25 else {
            return nil
        }
        let isAdult = high <= year - 10
        return Finding(
            confidence: (isAdult ? 0.66 : 0.56) * column.weight,
            share: Double(dates.count) / Double(column.values.count),
            recogniser: "birth date: spread over lives")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { value in
            if let date = DateText(value.bytes) { return date.year > 1850 && date.year <= year }
            guard value.isDigits, value.bytes.count == 4 || value.bytes.count == 6 else { return false }
            let number = ByteText.number(value.bytes[...])
            return value.bytes.count == 6 || (1880...year).contains(number)
        }
    }
}
