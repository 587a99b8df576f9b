public import JSON

extension Response {
    /// A JSON document, and a line break after it: on a terminal, the next answer or prompt begins a line of its own.
    ///
    /// Every object and list that is answered in one piece comes from here; results of rows end likewise
    /// (`JSONFormat`).
    public static func json(
        _ document: consuming [UInt8], status: Status = 200, contentType: String = "application/json",
        fields: Fields = [:]
    ) -> Response {
        var bytes = document
        bytes.append(UInt8(ascii: "\n"))
        return Response(status, contentType: contentType, fields: fields, bytes: bytes)
    }

    public static func json(_ value: JSONValue, status: Status = 200) -> Response {
        json(value.encoded(), status: status)
    }
}
