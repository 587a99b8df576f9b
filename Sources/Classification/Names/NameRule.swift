/// What words in a column's name say of its values.
struct NameRule: Sendable {
    /// How sure the name makes it when the values are plausible, 0 to 1.
    enum Strength: Double, Sendable {
        case strong = 0.8
        case weak = 0.45
    }

    var entity: Entity
    var strength: Strength
    /// One to four words, folded.
    var phrase: [String]

    /// Rules from phrases between commas.
    static func rules(_ entity: Entity, _ strength: Strength, _ phrases: String) -> [NameRule] {
        phrases.split(separator: ",").map { phrase in
            NameRule(
                entity: entity, strength: strength, phrase: phrase.split { $0 == " " || $0 == "\n" }.map(String.init))
        }
    }

    /// Whether the phrase stands in the name, its words apart or in one.
    func isIn(_ words: [String]) -> Bool {
        let joined = phrase.joined()
        if words.contains(joined) { return true }
        // Compounds as German, Dutch and the northern languages have them: `kundentelefon`, `mailadresse`.
        if joined.utf8.count >= 5,
            words.contains(where: { $0.hasSuffix(joined) || $0.hasPrefix(joined) && joined.utf8.count >= 7 })
        {
            return true
        }
        guard words.count >= phrase.count else { return false }
        return (0...(words.count - phrase.count)).contains { words[$0..<($0 + phrase.count)].elementsEqual(phrase) }
    }
}

/// What a column's name says.
struct NameReading: Sendable {
    /// The rule with the longest phrase among the strongest; `nil`: none fits.
    var rule: NameRule?
    /// What the name speaks against: `product_name` is no person's.
    var denied: Set<Entity> = []

    init(_ name: String) {
        let words = ColumnWords(name).words
        let soft: Set<Entity> = [
            .personName, .postalAddress, .userName, .birthDate, .coordinates, .phone, .nationalID, .card, .ipAddress,
        ]
        if words.contains(where: NameRules.notPeople.contains) || words.joined() == "useragent" {
            denied.formUnion([.personName, .userName, .nationalID, .card, .phone])
        }
        if words.contains(where: NameRules.notBirth.contains) { denied.insert(.birthDate) }
        if words.contains(where: NameRules.places.contains) { denied.formUnion([.personName, .userName]) }
        let best = NameRules.all.filter { $0.isIn(words) && !denied.contains($0.entity) }.max { first, second in
            (first.phrase.count, first.strength.rawValue, first.phrase.joined().utf8.count)
                < (second.phrase.count, second.strength.rawValue, second.phrase.joined().utf8.count)
        }
        // `email_verified`, `phone_type`, `address_id`: of the thing, not the thing. `tax_id` is a thing itself.
        let isAbout =
            words.count > 1
            && (NameRules.about.contains(words[words.count - 1]) || ["is", "has", "num"].contains(words[0]))
        if isAbout, best?.phrase.last != words.last {
            denied.formUnion(soft)
        } else {
            rule = best
        }
    }
}
