/// Names of persons, by the lists of given and family names, and what tells them from places, products and companies.
struct PersonName: Recogniser {
    let entity = Entity.personName

    func find(in column: ColumnStatistics) -> Finding? {
        var score = column.mean(Self.score)
        let share = column.share { Self.score($0) >= 0.5 }
        guard share > 0.2 else { return nil }
        let companies = column.share(Self.isCompany)
        if companies > 0.08 { score *= 0.4 }
        let places = column.share(Self.isPlace)
        let named = column.share { !$0.words.isEmpty && $0.words.contains { !$0.kinds.isDisjoint(with: .personal) } }
        if places > 0.5 * named { score *= 0.35 }
        if column.isCategory { score *= 0.6 }
        // Given names are told from words better than words are.
        return Finding(
            confidence: min(0.95, score * 1.1) * column.weight, share: share, recogniser: "names: given and family")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        let form = column.share { value in
            (1...7).contains(value.words.count) && value.digitCount == 0 && value.bytes.count <= 80
                && !value.bytes.contains(UInt8(ascii: "@")) && !value.bytes.contains(UInt8(ascii: "_"))
        }
        let companies = column.share(Self.isCompany)
        return companies > 0.08 ? form * 0.5 : form
    }

    /// How much a value is a name, 0 to 1.
    static func score(_ value: SampledValue) -> Double {
        guard value.digitCount == 0, !value.words.isEmpty, value.words.count <= 8, value.bytes.count <= 80 else {
            return 0
        }
        guard value.bytes.allSatisfy({ $0.isLetter || $0 >= 0x80 || $0.isSpace || "'-.,()`".utf8.contains($0) }) else {
            return 0
        }
        return score(value.words)
    }

    static func score(_ words: [Word]) -> Double {
        if words[0].isIdeographic { return scoreOfIdeographs(words) }
        let parts = words.filter { !isNeutral($0) }
        guard (1...5).contains(parts.count) else { return 0 }
        if parts.contains(where: { companyWords.contains($0.folded) || placeWords.contains($0.folded) }) { return 0 }
        let hits = parts.count { !$0.kinds.isDisjoint(with: .personal) }
        if parts.count == 1 {
            // The lists do not hold all names, but they hold most words.
            guard hits == 1 else {
                guard parts[0].kinds.isEmpty, parts[0].isCapitalised else { return 0 }
                return words.count == 2 && words[0].letterCount == 1 && words[0].isAbbreviated ? 0.6 : 0.3
            }
            return parts[0].kinds.contains(.common) ? 0.65 : 0.9
        }
        let words = parts.count { $0.kinds.isDisjoint(with: .personal) && $0.kinds.contains(.common) }
        let score = Double(hits) / Double(parts.count) - 0.35 * Double(words)
        let hasGiven = parts.contains { $0.kinds.contains(.given) }
        let isCommon = parts.allSatisfy { $0.kinds.contains(.common) }
        return max(0, min(1, score + (hasGiven ? 0.25 : 0) - (isCommon ? 0.4 : 0)))
    }

    /// Family name first, then the given name, in two to six characters; spaces between them or not.
    private static func scoreOfIdeographs(_ words: [Word]) -> Double {
        let whole = words.map(\.folded).joined()
        let characters = Array(whole)
        guard (1...6).contains(characters.count), words.count <= 2 else { return 0 }
        let list = WordList.shared
        if words.count == 2 {
            let hits = words.count { !$0.kinds.isDisjoint(with: .personal) }
            return hits == 2 ? 1 : hits == 1 ? 0.7 : 0
        }
        if !list.kinds(of: whole).isDisjoint(with: .personal) { return 0.8 }
        for length in 1..<max(2, characters.count) where length < characters.count && length <= 3 {
            let family = list.kinds(of: String(characters[..<length])).contains(.family)
            let given = list.kinds(of: String(characters[length...])).contains(.given)
            if family, given { return 1 }
            if family, characters.count <= 4, characters.count >= 2 { return 0.6 }
        }
        return 0
    }

    /// A company's word, or its form at the end: `Ltd`, `s.r.o.`, `S.A.`
    static func isCompany(_ value: SampledValue) -> Bool {
        if value.words.contains(where: { companyWords.contains($0.folded) }) { return true }
        guard value.spaceCount > 0, let last = value.bytes.split(whereSeparator: \.isSpace).last, last.count <= 8 else {
            return false
        }
        let letters = last.filter(\.isLetter)
        return last.contains(UInt8(ascii: ".")) && letters.count >= 2 && letters.count <= 5
            && companyForms.contains(String(decoding: letters.map { $0.isUpper ? $0 + 0x20 : $0 }, as: UTF8.self))
    }

    private static let companyForms: Set<String> = Set(
        words: """
            sro as ks vos os spol sa sas sl slu slne sll scom scoop coop spa srl sapa snc doo dd ad oo zoo spk spj
            bv nv cv ood eood kft bt rt oe ee ae epe cia ltda me eireli co ltd inc corp plc llc
            """)

    private static func isPlace(_ value: SampledValue) -> Bool {
        let whole = value.words.map(\.folded).joined(separator: " ")
        let kinds = WordList.shared.kinds(of: whole)
        if value.words.contains(where: { placeWords.contains($0.folded) }) { return true }
        if placeEndings.contains(where: { whole.hasSuffix($0) && whole.utf8.count > $0.utf8.count + 2 }) { return true }
        return !kinds.isDisjoint(with: [.city, .country]) && (value.words.count > 1 || !kinds.contains(.given))
    }

    /// Titles, particles, initials: parts of a name that are on no list.
    static func isNeutral(_ word: Word) -> Bool {
        word.isAbbreviated && word.letterCount <= 5 || word.letterCount == 1 && !word.isIdeographic
            || titles.contains(word.folded)
    }

    private static let titles: Set<String> = Set(
        words: """
            mr mrs ms miss dr prof herr frau hr fr ing dipl mag mme mlle monsieur madame sr sra srta don dona sig
            dott phd md dds dvm jr ii iii iv esq sir lady lord rev pan pani van von der den de la le du des di da
            del della dos das do ten ter te el al bin ibn ben zu zur af av och of bakk rer nat univ mba bsc msc med
            mgr bc judr mudr
            """)

    static let companyWords: Set<String> = Set(
        words: """
            inc ltd llc llp plc corp corporation company co gmbh ag kg ohg kgaa ug ev sarl sas sa spa srl sl slu bv
            nv vof ab aps oy oyj asa kft zrt sro and und et sons group gruppe groep holding holdings partners
            associates services solutions systems industries bank airlines airways air aviation university school
            club stiftung verein limited ooo oao zao pao ip filhos hijos fils freres ltda eireli spolka fundacja the
            international
            """)

    private static let placeWords: Set<String> = Set(
        words: """
            north south east west new lake port saint st san santa bad mount fort upper lower airport city county
            island islands republic street road avenue sur les sous am an im alta villa nova borgo station norte sul
            oeste leste serra minas praia paulista grande oriental occidental nad pod
            """)

    private static let placeEndings = [
        "ville", "burgh", "borough", "mouth", "shire", "stad", "stadt", "furt", "dorf", "hausen", "heim", "burg",
        "bury", "chester",
        "haven", "hafen", "port", "fort", "land", "side", "town", "grad", "bourg", "polis", "kirchen", "ingen", "berge",
    ]
}
