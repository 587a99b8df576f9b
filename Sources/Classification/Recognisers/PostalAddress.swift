/// Postal addresses, or their line with the street: a number beside words, a word for streets, a postal code.
struct PostalAddress: Recogniser {
    let entity = Entity.postalAddress

    func find(in column: ColumnStatistics) -> Finding? {
        let score = column.mean(Self.score)
        let share = column.share { Self.score($0) >= 0.5 }
        guard !column.isCategory else { return nil }
        // Streets without a word for street: names that differ, each with its own number behind.
        let numbered = column.values.compactMap(Self.numberedName)
        let isNumbered = numbered.count * 10 > column.values.count * 7 && Set(numbered).count * 10 > numbered.count * 6
        guard score > 0.15 || isNumbered else { return nil }
        let confidence = max(min(0.96, score * 1.2), isNumbered ? 0.6 : 0)
        return Finding(confidence: confidence * column.weight, share: share, recogniser: "address: street and number")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { value in
            value.letterCount >= 3 && value.bytes.count >= 5 && value.bytes.count <= 250
                && !value.bytes.contains(UInt8(ascii: "@")) && !WebAddress.isURL(value.bytes[...])
        }
    }

    /// How much a value is an address, 0 to 1.
    static func score(_ value: SampledValue) -> Double {
        guard value.letterCount >= 3, value.bytes.count <= 250, value.words.count >= 1, value.words.count <= 24 else {
            return 0
        }
        guard !value.bytes.contains(where: { "@=<>{}|\\;".utf8.contains($0) }) else { return 0 }
        guard !DateText.isDate(value.bytes) else { return 0 }
        if value.words[0].isIdeographic { return scoreOfIdeographs(value) }
        let hasStreet = value.words.contains(where: isStreet)
        let numbers = NumberPlaces(value.bytes)
        // Without a number it may be one.
        guard numbers.count > 0 else { return hasStreet && value.words.count <= 5 ? 0.45 : 0 }
        var score = hasStreet ? 0.85 : numbers.isAtEdge ? 0.2 : 0.05
        if numbers.hasPostalCode { score += 0.3 }
        if value.bytes.contains(UInt8(ascii: ",")) || value.bytes.contains(UInt8(ascii: "\n")) { score += 0.1 }
        let place = value.words.count { !$0.kinds.isDisjoint(with: [.city, .country, .family, .given]) }
        if place > 0, numbers.isAtEdge { score += 0.1 }
        return min(1, score)
    }

    /// Chinese, Japanese and Korean, largest part first: two divisions of a country, a street, a number or a block.
    private static func scoreOfIdeographs(_ value: SampledValue) -> Double {
        let divisions = value.text.unicodeScalars.count { StreetWords.divisions.contains($0) }
        let hasStreet = StreetWords.parts.contains { value.text.contains($0) }
        let hasNumber = value.digitCount > 0 || StreetWords.numbers.contains { value.text.contains($0) }
        guard hasNumber, value.bytes.count >= 10 else { return 0 }
        return min(1, (hasStreet ? 0.75 : 0.1) + (divisions >= 2 ? 0.4 : 0))
    }

    /// The words before a number of one to four digits at the value's end, or before a comma: `Pikovická 5`, `Jandova
    /// 707, 736 34 …`.
    private static func numberedName(_ value: SampledValue) -> String? {
        let line = value.bytes.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\n") }
        guard let space = line.lastIndex(where: \.isSpace), let word = value.words.first, word.letterCount >= 2 else {
            return nil
        }
        let number = line[(space + 1)...].prefix { $0.isDigit }
        guard (1...4).contains(number.count), line.count - space - 1 <= 6, !line[..<space].contains(where: \.isDigit)
        else { return nil }
        // `AB-CD 123` is a vehicle's.
        guard value.words.contains(where: { $0.letterCount >= 4 }), line.contains(where: { $0.isLower || $0 >= 0x80 })
        else { return nil }
        guard word.isCapitalised, !word.kinds.contains(.common) || value.words.count > 1 else { return nil }
        return String(decoding: line[..<space], as: UTF8.self)
    }

    static func isStreet(_ word: Word) -> Bool {
        if StreetWords.whole.contains(word.folded) { return true }
        return word.folded.utf8.count > 4 && StreetWords.endings.contains { word.folded.hasSuffix($0) }
    }
}

/// Where the numbers of a line stand.
struct NumberPlaces {
    private(set) var count = 0
    /// Whether one of at most five digits begins the text or ends it: `12 Main Street`, `Hauptstraße 12 a`.
    private(set) var isAtEdge = false
    /// Whether four to six digits stand beside words, or a code of letters and digits of Britain, Canada, the
    /// Netherlands.
    private(set) var hasPostalCode = false

    init(_ text: [UInt8]) {
        let parts = text.split { $0.isSpace || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
        for (index, part) in parts.enumerated() {
            let digits = part.count(where: \.isDigit)
            guard digits > 0 else { continue }
            count += 1
            let isFirst = index == 0
            let isLast = index == parts.count - 1 || index == parts.count - 2 && parts[index + 1].count == 1
            if digits <= 5, isFirst || isLast, part.count <= digits + 2 { isAtEdge = true }
            let isNumber = part.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "-") }
            let isSplit =
                digits == 3 && part.count == 3 && index + 1 < parts.count && parts[index + 1].count == 2
                && parts[index + 1].allSatisfy(\.isDigit)
            let isCode =
                isSplit
                || part.count >= 3 && part.count <= 4 && digits < part.count && index + 1 < parts.count
                    && parts[index + 1].count == 3 && parts[index + 1].contains(where: \.isDigit)
            if parts.count >= 3, index > 0, isNumber && (4...9).contains(digits) || isCode { hasPostalCode = true }
        }
    }
}

/// Words for streets in the languages of Europe, America and East Asia.
enum StreetWords {
    /// Folded.
    static let whole: Set<String> = Set(
        words: """
            street st avenue ave road rd lane ln drive dr boulevard blvd court ct place pl square sq terrace ter way
            highway hwy parkway pkwy circle cir trail trl alley crescent close mews grove gardens apt suite ste unit
            flat box floor row turnpike expressway freeway causeway ridge loop plaza crossing junction meadows
            villages isle strasse str weg platz allee gasse ring damm ufer chaussee steig postfach stiege rue bd
            chemin impasse quai route passage cours faubourg lieu bis calle avenida av avda paseo carrer camino
            carretera ronda pasaje callejon glorieta urbanizacion rambla vial acceso cuesta alameda via privada
            prolongacion andador circuito retorno cerrada calzada corredor periferico rua travessa praca estrada
            rodovia largo beco viaduto trecho ladeira quadra viale piazza corso vicolo strada contrada borgo
            lungomare rotonda incrocio canale stretto appartamento piano straat laan plein gracht dreef hof gata
            gatan vagen vej gade alle vei veien tie katu tanav tn maantee ulica ul aleja aleje plac osiedle os ulice
            namesti trida ulitsa utca ut utja koz sor sokak sk cadde caddesi cad mah mahallesi bulvari gatve iela
            aleea bulevardul calea intrarea odos leoforos trg put улица ул проспект пр пер переулок шоссе ш бульвар
            бул наб алл вулиця вул площа провулок набережна οδος λεωφορος jalan jl jln gang gg soi marg nagar chowk
            ganj sector colony
            """)

    /// What ends the names of divisions of a country, of streets, and of houses' numbers.
    static let divisions: Set<Unicode.Scalar> = [
        "省", "市", "区", "區", "县", "縣", "都", "府", "郡", "町", "村", "도", "시", "구", "군", "읍", "면", "동",
    ]
    static let parts = ["路", "街", "巷", "弄", "丁目", "番地", "通り", "로 ", "길 "]
    static let numbers = ["座", "号", "號", "番", "室", "楼"]

    /// Of words of more than four letters.
    static let endings = [
        "strasse", "strassen", "str", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer", "stieg", "straat",
        "laan", "plein",
        "gracht", "dijk", "singel", "kade", "steeg", "pad", "gatan", "gata", "vagen", "vag", "grand", "stigen",
        "torget", "vej",
        "gade", "stien", "veien", "vegen", "gaten", "gate", "svingen", "bakken", "katu", "tie", "polku", "kuja",
        "tanav", "street",
    ]
}
