/// The times of the API: `2027-01-31T00:00:00Z`, with a fraction and an offset if need be (RFC 3339 section 5.6).
public enum RFC3339 {
    /// Whether `text` is such a time and names a day and an hour that exist. A leap second does not.
    public static func isValid(_ text: String) -> Bool {
        var reader = DateTimeReader(text)
        guard reader.date(), reader.take("Tt") != nil, reader.number(2, 0...23) != nil, reader.take(":") != nil,
            reader.number(2, 0...59) != nil, reader.take(":") != nil, reader.number(2, 0...59) != nil
        else { return false }
        if reader.take(".") != nil, !(1...9).contains(reader.fraction()) { return false }
        guard let zone = reader.take("Zz+-") else { return false }
        if zone == UInt8(ascii: "+") || zone == UInt8(ascii: "-") {
            guard reader.number(2, 0...14) != nil, reader.take(":") != nil, reader.number(2, 0...59) != nil else {
                return false
            }
        }
        return reader.isAtEnd
    }
}
