/// Places on Earth in degrees: `latitude, longitude` in one value, WKT points, or one of the two as a decimal.
struct Coordinates: Recogniser {
    let entity = Entity.coordinates

    func find(in column: ColumnStatistics) -> Finding? {
        let pairs = column.share { Self.isPair($0.bytes) }
        if pairs > 0.3 {
            return Finding(
                confidence: min(0.97, pairs * 1.5) * column.weight, share: pairs, recogniser: "coordinates: pair")
        }
        let degrees = column.share { Self.decimal($0.bytes).map { abs($0.value) <= 180 && $0.places >= 4 } ?? false }
        guard degrees > 0.8, column.values.count >= 8 else { return nil }
        let numbers = column.values.compactMap { Self.decimal($0.bytes)?.value }
        // Shares, factors and measures lie around 0, or far beyond a circle: degrees spread over tens of it.
        guard let least = numbers.min(), let most = numbers.max() else { return nil }
        let south = numbers.count { $0 < 0 }
        let isWide =
            most - least > 100 && south * 20 > numbers.count && numbers.count { abs($0) < 1 } * 10 < numbers.count
        let isNarrow = most - least < 3 && abs(least) > 20 && most - least > 0.01
        guard isWide || isNarrow else { return nil }
        let isFine = column.share { Self.decimal($0.bytes).map { $0.places >= 5 } ?? false } > 0.8
        return Finding(
            confidence: (isWide ? 0.62 : isFine ? 0.54 : 0.35) * column.weight, share: degrees,
            recogniser: "coordinates: decimal degrees")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.share { value in
            if Self.isPair(value.bytes) || Self.isSexagesimal(value.bytes) { return true }
            guard let number = Double(value.text) else { return false }
            return abs(number) <= 180
        }
    }

    /// A number with a point, and how many digits stand behind it.
    static func decimal(_ text: [UInt8]) -> (value: Double, places: Int)? {
        guard let point = text.firstIndex(of: UInt8(ascii: ".")), text.count <= 24 else { return nil }
        guard let value = Double(String(decoding: text, as: UTF8.self)) else { return nil }
        return (value, text.count - point - 1)
    }

    /// `48.2, 16.37`, `(48.2;16.37)`, `POINT(16.37 48.2)`
    static func isPair(_ text: [UInt8]) -> Bool {
        var body = text[...]
        if let open = body.firstIndex(of: UInt8(ascii: "(")) {
            let before = body[..<open].filter { !$0.isSpace }.map(\.uppercased)
            guard before.isEmpty || before.elementsEqual("POINT".utf8) || before.suffix(6).elementsEqual(";POINT".utf8),
                body.last == UInt8(ascii: ")")
            else { return false }
            body = body[(open + 1)...].dropLast()
        } else if body.first == UInt8(ascii: "["), body.last == UInt8(ascii: "]") {
            body = body.dropFirst().dropLast()
        }
        let parts = body.split {
            $0.isSpace || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "/")
        }
        guard parts.count == 2 else { return false }
        let decimals = parts.compactMap { decimal(Array($0)) }
        guard decimals.count == 2, decimals.allSatisfy({ $0.places >= 2 && abs($0.value) <= 180 }) else { return false }
        return decimals.contains { abs($0.value) <= 90 }
    }

    /// `48°12'30"N`
    static func isSexagesimal(_ text: [UInt8]) -> Bool {
        text.count <= 40 && text.contains(0xB0) && text.first?.isDigit == true
            && text.last.map { "NSEWOnsewo\"'".utf8.contains($0) } == true
    }
}
