internal import Catalog

/// Which values of some columns a unit's accepted rows have had.
///
/// What is kept of a value is 128 bits of SipHash under a key of its own: 16 bytes, whatever its length. That two
/// different values of a billion share them has a chance of 10^-21, and nobody can make up two that do.
struct UniqueCheck {
    let entry: Int
    private let columns: [Int]
    private let orders: [ValueOrder?]
    private let hash = SipHash128()
    private var seen: FingerprintSet
    /// The current row's values, and whether one is NULL: then the row passes.
    private var key: [UInt8] = []
    private var hasNull = false
    private var fingerprint = FingerprintSet.Fingerprint(low: 0, high: 0)

    init(entry: Int, columns: [Int], types: [ColumnType], maxBytes: Int) {
        self.entry = entry
        self.columns = columns
        orders = types.map { ValueOrder($0) }
        seen = FingerprintSet(maxBytes: maxBytes)
    }

    mutating func add(_ text: Span<UInt8>, column: Int) {
        guard let place = columns.firstIndex(of: column) else { return }
        // The length tells where a value ends: ("a", "bc") is not ("ab", "c").
        let start = key.count
        appendCanonical(text, orders[place])
        var length = UInt64(key.count - start)
        withUnsafeBytes(of: &length) { key.append(contentsOf: $0) }
    }

    mutating func addNull() { hasNull = true }

    mutating func forgetRow() {
        key.removeAll(keepingCapacity: key.capacity <= 1 << 16)
        hasNull = false
    }

    /// Whether an accepted row has had the current row's values.
    mutating func isRepeated() -> Bool {
        guard !hasNull else { return false }
        fingerprint = hash.fingerprint(of: key.span)
        return seen.contains(fingerprint)
    }

    /// Remembers the values that `isRepeated` was asked about; `false` when there is no room.
    mutating func remember() -> Bool { hasNull || seen.insert(fingerprint) }

    /// Equal values have equal bytes: `1`, `01` and ` 1` are one integer.
    private mutating func appendCanonical(_ text: Span<UInt8>, _ order: ValueOrder?) {
        switch order {
        case nil, .text?: text.withUnsafeBufferPointer { key.append(contentsOf: $0) }
        case let order?:
            switch order.read(text) {
            case .integer(var value)?: withUnsafeBytes(of: &value) { key.append(contentsOf: $0) }
            case .float(let value)?:
                var bits = value == 0 ? 0 : value.isNaN ? Double.nan.bitPattern : value.bitPattern
                withUnsafeBytes(of: &bits) { key.append(contentsOf: $0) }
            case .text(let bytes)?: key += bytes
            case .decimal(let value)?: key += value.canonical
            case .short(let mantissa, let scale)?: key += DecimalValue(mantissa: mantissa, scale: scale).canonical
            case nil: text.withUnsafeBufferPointer { key.append(contentsOf: $0) }
            }
        }
    }
}
