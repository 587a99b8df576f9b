import Cryptography
import HTTPServer
import JSON
import Postgres

/// An answer as it is kept for repeats.
struct StoredAnswer: Sendable {
    /// Larger bodies are not kept; no POST of the API answers so much at once.
    static let maxBodyBytes = 4 << 20

    var status: Int
    /// `[["Location", "/api/v1/…"], …]`
    var fields: JSONValue
    var sealedBody: [UInt8]
}

extension StoredAnswer {
    var fieldsText: String { String(decoding: fields.encoded(), as: UTF8.self) }
    var bodyText: String { Hex.encode(sealedBody) }

    /// Reads status, fields as text and body in hexadecimal from three columns that begin at `column`.
    init(_ row: Row, at column: Int) throws {
        status = try row.decode(at: column)
        fields = try JSONValue.parse(Array(row.decode(at: column + 1, as: String.self).utf8))
        sealedBody = Hex.decode(try row.decode(at: column + 2)) ?? []
    }

    /// `nil` for an answer that a repeat must not get: one that may turn out otherwise the next time, or a stream.
    init?(_ response: Response, _ key: IdempotencyKey) throws {
        let transient = [401, 408, 429].contains(response.status.code)
        guard (200...499).contains(response.status.code), !transient else { return nil }
        let body: [UInt8]
        switch response.body {
        case .empty: body = []
        case .bytes(let bytes) where bytes.count <= Self.maxBodyBytes: body = bytes
        case .bytes, .stream: return nil
        }
        status = response.status.code
        fields = .array(response.fields.all.map { .array([.string($0.name), .string($0.value)]) })
        sealedBody = try AESGCM.seal(body, key: key.seal)
    }

    func response(_ key: IdempotencyKey) throws -> Response {
        var fields = Fields()
        for case .array(let pair) in self.fields.arrayValue ?? [] {
            guard pair.count == 2, let name = pair[0].stringValue, let value = pair[1].stringValue else { continue }
            fields.append(name, value)
        }
        let body = try AESGCM.open(sealedBody, key: key.seal)
        return Response(Status(status), fields: fields, body: body.isEmpty ? .empty : .bytes(body))
    }
}
