internal import Cryptography

/// Where a page of rows ended.
struct RowsCursor: Sendable, Equatable {
    /// Rows answered on all pages so far.
    var position: Int
    /// The last row's values of the key, as Postgres writes them; `nil` when they are too long to carry.
    var key: [String?]?
    /// Rows answered so far that have this key; 0 where a key has one row.
    var skip: Int

    private static let version: UInt8 = 1
    /// Longest content, in bytes: with its base64 it stays well inside a request line.
    static let maxBytes = 3072

    /// Sealed for `context`: unreadable and unusable for anybody and anything else.
    func sealed(key secret: SecretKey, context: [UInt8]) throws(CryptographyError) -> String {
        Base64URL.encode(try AESGCM.seal(encoded(), key: secret, context: context))
    }

    /// Opens what ``sealed(key:context:)`` made; throws `invalid_cursor` for anything else.
    init(opening text: String, key secret: SecretKey, context: [UInt8]) throws(RowsError) {
        let invalid = RowsError(
            .invalidCursor, parameter: "cursor", "belongs to another request: start again without it")
        guard text.utf8.count <= Self.maxBytes * 2, let sealed = Base64URL.decode(text) else { throw invalid }
        let content: [UInt8]
        do throws(CryptographyError) {
            content = try AESGCM.open(sealed, key: secret, context: context)
        } catch {
            throw invalid
        }
        guard let cursor = RowsCursor(decoding: content) else { throw invalid }
        self = cursor
    }

    init(position: Int, key: [String?]?, skip: Int) {
        self.position = position
        self.key = key
        self.skip = skip
    }

    /// version ‖ position ‖ skip ‖ 0 without key, else 1 + number of values ‖ per value 0 for NULL, else 1 + length ‖ bytes
    func encoded() -> [UInt8] {
        var bytes = [Self.version]
        Self.append(position, to: &bytes)
        Self.append(skip, to: &bytes)
        Self.append(key.map { $0.count + 1 } ?? 0, to: &bytes)
        for value in key ?? [] {
            Self.append(value.map { $0.utf8.count + 1 } ?? 0, to: &bytes)
            bytes += value?.utf8 ?? "".utf8
        }
        return bytes
    }

    init?(decoding content: [UInt8]) {
        var rest = content[...]
        guard rest.popFirst() == Self.version, let position = Self.take(&rest), let skip = Self.take(&rest),
            let count = Self.take(&rest), count <= content.count
        else { return nil }
        var values: [String?] = []
        for _ in 0..<max(0, count - 1) {
            guard let length = Self.take(&rest), length <= rest.count + 1 else { return nil }
            values.append(length == 0 ? nil : String(decoding: rest.prefix(length - 1), as: UTF8.self))
            rest = rest.dropFirst(max(0, length - 1))
        }
        guard rest.isEmpty else { return nil }
        self.init(position: position, key: count == 0 ? nil : values, skip: skip)
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var number = UInt64(number)
        while number >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: number) | 128)
            number >>= 7
        }
        bytes.append(UInt8(number))
    }

    private static func take(_ rest: inout ArraySlice<UInt8>) -> Int? {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            number |= UInt64(byte & 127) << UInt64(shift)
            if byte < 128 { return Int(exactly: number) }
        }
        return nil
    }
}
