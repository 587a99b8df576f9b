import Cryptography
import HTTPServer

/// What makes a request the same one as an earlier one: its head, and as much of its body as was read for the answer.
struct RequestFingerprint: Sendable, Equatable {
    /// Of method, target, media type and declared length.
    var head: String
    /// `nil` while the request is being answered.
    var body: Body?

    struct Body: Sendable, Equatable {
        /// Bytes read.
        var count: Int64
        /// Whether there were no more.
        var isWhole: Bool
        /// The bytes read, as ``hash(_:_:)`` makes it.
        var hash: String

        /// HMAC of the bytes' SHA-256 under a key that comes with the request: from a plain hash, whoever reads the
        /// table could guess a password that a body holds.
        static func hash(_ pieces: borrowing SHA256.Pieces, _ key: IdempotencyKey) -> String {
            Hex.encode(HMACSHA256.authenticationCode(for: pieces.digest(), key: key.witness))
        }
    }

    init(_ request: Request) {
        var text = "\(request.method.rawValue)\n\(request.path)\n"
        for item in request.query.items { text += "\(item.name.utf8.count) \(item.name)=\(item.value)\n" }
        text += "\n\(request.fields["Content-Type"] ?? "")\n\(request.fields["Content-Encoding"] ?? "")\n"
        text += request.body.length.map { "\($0)" } ?? "-"
        head = Hex.encode(SHA256.hash(text))
    }
}

extension RequestFingerprint {
    /// As it is stored: `HEAD` while the request runs, then `HEAD:COUNT:whole|part:HASH`.
    var text: String {
        guard let body else { return head }
        return "\(head):\(body.count):\(body.isWhole ? "whole" : "part"):\(body.hash)"
    }

    /// Reads what `text` wrote.
    init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 1 || parts.count == 4 else { return nil }
        head = String(parts[0])
        guard parts.count == 4 else { return }
        guard let count = Int64(parts[1]), ["whole", "part"].contains(parts[2]) else { return nil }
        body = Body(count: count, isWhole: parts[2] == "whole", hash: String(parts[3]))
    }
}

extension RequestFingerprint.Body {
    /// Reads as much of `body` as the first request's answer took, and compares.
    func matches(_ body: consuming RequestBody, _ key: IdempotencyKey) async throws -> Bool {
        var hash = SHA256.Pieces()
        var left = count
        while left > 0 {
            guard let chunk = try await body.next() else { return false }
            let taken = chunk.prefix(Int(min(left, Int64(chunk.count))))
            hash.append(taken)
            left -= Int64(taken.count)
            if isWhole, taken.count < chunk.count { return false }
        }
        if isWhole, try await body.next() != nil { return false }
        return Self.hash(hash, key) == self.hash
    }
}
