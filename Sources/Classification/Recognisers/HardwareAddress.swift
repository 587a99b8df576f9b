/// A MAC address: six pairs of hexadecimal digits with colons or hyphens, or three groups with full stops.
struct HardwareAddress: ValueRecogniser {
    let entity = Entity.macAddress
    let name = "mac"

    func matches(_ value: SampledValue) -> Bool {
        let text = value.bytes
        switch text.count {
        case 17:
            let separator = text[2]
            guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "-") else { return false }
            return text.enumerated().allSatisfy { $0 % 3 == 2 ? $1 == separator : $1.isHexDigit }
        case 14: return text.enumerated().allSatisfy { $0 % 5 == 4 ? $1 == UInt8(ascii: ".") : $1.isHexDigit }
        default: return false
        }
    }

    /// Twelve digits without separators are one when the column says so.
    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { matches($0) || $0.bytes.count == 12 && $0.bytes.allSatisfy(\.isHexDigit) }
    }
}
