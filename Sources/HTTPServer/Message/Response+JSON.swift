public import JSON

extension Response {
    /// A JSON document. Every object and list that is answered in one piece comes from here.
    public static func json(
        _ document: [UInt8], status: Status = 200, contentType: String = "application/json",
        fields: Fields = [:]
    ) -> Response {
        Response(status, contentType: contentType, fields: fields, bytes: document)
    }

    public static func json(_ value: JSONValue, status: Status = 200) -> Response {
        json(value.encoded(), status: status)
    }
}
