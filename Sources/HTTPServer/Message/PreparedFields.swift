/// Header fields laid out once for the many answers that bear them.
public final class PreparedFields: Sendable {
    public let fields: Fields
    /// Each after a line break.
    let bytes: [UInt8]

    /// - Parameter fields: None of those that the server adds itself (`Response`).
    public init(_ fields: Fields) {
        self.fields = fields
        var bytes: [UInt8] = []
        ResponseSerializer.append(fields, to: &bytes)
        self.bytes = bytes
    }
}
