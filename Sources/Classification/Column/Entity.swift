/// What a column of personal data holds. The raw value is the tag that says so.
public enum Entity: String, Sendable, CaseIterable {
    case email = "pii.email"
    case phone = "pii.phone"
    /// Of a person: given name, family name, or both.
    case personName = "pii.name"
    /// A postal address, or the line of one with the street.
    case postalAddress = "pii.address"
    case iban = "pii.iban"
    /// The number of a payment card.
    case card = "pii.card"
    /// A number that a state gives to a person.
    case nationalID = "pii.national_id"
    case ipAddress = "pii.ip"
    case macAddress = "pii.mac"
    case birthDate = "pii.birth_date"
    /// Latitude, longitude, or both.
    case coordinates = "pii.location"
    case url = "pii.url"
    case userName = "pii.user_name"
    /// Text in which any of the others occur.
    case freeText = "pii.text"
}
