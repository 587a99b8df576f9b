import Cryptography
import HTTPServer

/// Passes a body on to its handler and notes what the handler read.
actor WitnessedBody: RequestBodySource {
    private var body: RequestBody
    private var hash = SHA256.Pieces()
    private var count: Int64 = 0
    private var isWhole = false

    init(_ body: RequestBody) {
        self.body = body
    }

    func nextBodyChunk() async throws -> [UInt8]? {
        var body = body
        let chunk = try await body.next()
        self.body = body
        if let chunk {
            hash.append(chunk[...])
            count += Int64(chunk.count)
        } else {
            isWhole = true
        }
        return chunk
    }

    func read(_ key: IdempotencyKey) -> RequestFingerprint.Body {
        RequestFingerprint.Body(count: count, isWhole: isWhole, hash: RequestFingerprint.Body.hash(hash, key))
    }
}
