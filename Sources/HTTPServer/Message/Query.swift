/// The parameters of a request's query string, in the order they came.
public struct Query: Sendable {
    /// One `name=value`, percent-decoded; without `=` the value is empty.
    public struct Item: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public var items: [Item] = []

    public init() {}

    /// Reads `a=1&b=2` (application/x-www-form-urlencoded: `+` is a space, a parameter without `=` has an empty
    /// value); `nil` for a bad escape or bytes that are no UTF-8.
    init?(bytes: Span<UInt8>) {
        var start = 0
        while start <= bytes.count {
            var end = start
            var equals: Int?
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            if end > start {
                let split = equals ?? end
                let valueStart = min(split + 1, end)
                guard let name = PercentCoding.decode(bytes.extracting(start..<split), plusIsSpace: true),
                    let value = PercentCoding.decode(bytes.extracting(valueStart..<end), plusIsSpace: true)
                else { return nil }
                items.append(Item(name: name, value: value))
            }
            start = end + 1
        }
    }

    public var isEmpty: Bool { items.isEmpty }

    /// The first value of a parameter.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// Every value of a parameter, in order.
    public func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
