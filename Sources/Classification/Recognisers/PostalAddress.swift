/// Postal addresses, or their line with the street: a number beside words, a word for streets, a postal code.
struct PostalAddress: Recogniser {
    let entity = Entity.postalAddress

    func find(in column: ColumnStatistics) -> Finding? {
        let score = column.mean(Self.score)
        let share = column.share { Self.score($0) >= 0.5 }
        guard score > 0.15, !column.isCategory else { return nil }
        return Finding(confidence: min(0.96, score * 1.2) * column.weight, share: share, recogniser: "address: street and number")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { value in
            value.letterCount >= 3 && value.bytes.count >= 5 && value.bytes.count <= 250
                && !value.bytes.contains(UInt8(ascii: "@")) && !WebAddress.isURL(value.bytes[...])
        }
    }

    /// How much a value is an address, 0 to 1.
    static func score(_ value: SampledValue) -> Double {
        guard value.letterCount >= 3, value.bytes.count <= 250, value.words.count >= 1, value.words.count <= 24 else { return 0 }
        guard !value.bytes.contains(where: { "@=<>{}|\\".utf8.contains($0) }) else { return 0 }
        let hasStreet = value.words.contains(where: isStreet)
        let numbers = NumberPlaces(value.bytes)
        guard numbers.count > 0 else { return hasStreet && value.words.count <= 5 ? 0.45 : 0 }
        var score = hasStreet ? 0.85 : numbers.isAtEdge ? 0.2 : 0.05
        if numbers.hasPostalCode { score += 0.3 }
        if value.bytes.contains(UInt8(ascii: ",")) || value.bytes.contains(UInt8(ascii: "\n")) { score += 0.1 }
        let place = value.words.count { !$0.kinds.isDisjoint(with: [.city, .country, .family, .given]) }
        if place > 0, numbers.isAtEdge { score += 0.1 }
        return min(1, score)
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
    /// Whether four to six digits stand beside words, or a code of letters and digits of Britain, Canada, the Netherlands.
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
            let isCode = part.count >= 3 && part.count <= 4 && digits < part.count && index + 1 < parts.count
                && parts[index + 1].count == 3 && parts[index + 1].contains(where: \.isDigit)
            if parts.count >= 3, index > 0, isNumber && (4...9).contains(digits) || isCode { hasPostalCode = true }
        }
    }
}

/// Words for streets in the languages of Europe, America and East Asia.
enum StreetWords {
    /// Folded.
    static let whole: Set<String> = [
        // English, with the abbreviations of the US Postal Service.
        "street", "st", "avenue", "ave", "road", "rd", "lane", "ln", "drive", "dr", "boulevard", "blvd", "court", "ct", "place", "pl",
        "square", "sq", "terrace", "ter", "way", "highway", "hwy", "parkway", "pkwy", "circle", "cir", "trail", "trl", "alley",
        "crescent", "close", "mews", "grove", "gardens", "apt", "suite", "ste", "unit", "flat", "box", "floor", "row", "turnpike",
        "expressway", "freeway", "causeway", "ridge", "loop", "plaza", "crossing", "junction", "meadows", "villages", "isle",
        // German
        "strasse", "str", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer", "chaussee", "steig", "postfach", "stiege",
        // French
        "rue", "boulevard", "bd", "chemin", "impasse", "allee", "quai", "route", "passage", "cours", "faubourg", "lieu", "bis",
        // Spanish, Portuguese, Italian
        "calle", "avenida", "av", "avda", "paseo", "carrer", "camino", "carretera", "plaza", "ronda", "pasaje", "callejon", "glorieta",
        "urbanizacion", "rambla", "vial", "acceso", "cuesta", "alameda", "via", "privada", "prolongacion", "andador", "circuito",
        "boulevard", "retorno", "cerrada", "calzada", "corredor", "periferico", "rua", "travessa", "praca", "estrada", "rodovia",
        "largo", "beco", "viaduto", "trecho", "ladeira", "quadra", "viale", "piazza", "corso", "vicolo", "strada", "contrada", "borgo",
        "lungomare", "rotonda", "incrocio", "canale", "stretto", "appartamento", "piano",
        // Dutch, Scandinavian, Finnish, Estonian
        "straat", "laan", "plein", "gracht", "dreef", "hof", "gata", "gatan", "vagen", "vej", "gade", "alle", "vei", "veien", "tie",
        "katu", "tanav", "tn", "maantee",
        // Slavic, Baltic, Hungarian, Turkish, Greek, Romanian
        "ulica", "ul", "aleja", "aleje", "plac", "pl", "osiedle", "os", "ulice", "namesti", "trida", "ulitsa", "utca", "ut", "ter",
        "utja", "koz", "sor", "sokak", "sk", "cadde", "caddesi", "cad", "mah", "mahallesi", "bulvari", "gatve", "iela", "strada",
        "aleea", "bulevardul", "calea", "intrarea", "odos", "leoforos", "trg", "put", "улица", "ул", "проспект", "пр", "пер", "переулок",
        "шоссе", "ш", "бульвар", "бул", "наб", "алл", "вулиця", "вул", "площа", "провулок", "набережна", "οδος", "λεωφορος",
        // East Asia
        "jalan", "jl", "jln", "gang", "gg", "soi", "marg", "nagar", "chowk", "ganj", "sector", "colony",
    ]

    /// Of words of more than four letters.
    static let endings = [
        "strasse", "strassen", "str", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer", "stieg", "straat", "laan", "plein",
        "gracht", "dijk", "singel", "kade", "steeg", "pad", "gatan", "gata", "vagen", "vag", "grand", "stigen", "torget", "vej",
        "gade", "stien", "veien", "vegen", "gaten", "gate", "svingen", "bakken", "katu", "tie", "polku", "kuja", "tanav", "street",
        "丁目", "番地", "通り", "路", "街", "巷", "街道", "로", "길", "区", "市", "町", "村", "구", "동", "읍", "면",
    ]
}
