internal import JSON

/// One JSON object per row and line; after a failure a last line `{"error": problem}`.
///
/// Of columns with one name the second and later ones are called `name_2`, `name_3`, …, since most readers would
/// drop all but the last of equal keys.
public struct NDJSONFormat: RowFormat {
    private var types: [WireType] = []
    /// What is written before each value: brace or comma, the quoted name, a colon.
    private var prefixes: [[UInt8]] = []
    private var cells: JSONCells

    public init(numbersAsStrings: Bool = false) { cells = JSONCells(numbersAsStrings: numbersAsStrings) }

    public mutating func begin(_ columns: [FormatColumn], into output: inout [UInt8]) {
        types = columns.map(\.type)
        prefixes = Self.uniqueNames(columns.map(\.name)).enumerated().map { index, name in
            var prefix: [UInt8] = [index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ",")]
            JSONText.append(quoted: name, to: &prefix)
            return prefix + [UInt8(ascii: ":")]
        }
    }

    private static func uniqueNames(_ names: [String]) -> [String] {
        var taken = Set(names)
        var seen: Set<String> = []
        return names.map { name in
            guard !seen.insert(name).inserted else { return name }
            var number = 2
            while !taken.insert("\(name)_\(number)").inserted { number += 1 }
            return "\(name)_\(number)"
        }
    }

    public mutating func row(_ row: [WireCell], into output: inout [UInt8]) {
        if types.isEmpty { output.append(UInt8(ascii: "{")) }
        for index in types.indices {
            output.append(contentsOf: prefixes[index])
            cells.append(index < row.count ? row[index] : nil, as: types[index], to: &output)
        }
        output.append(contentsOf: "}\n".utf8)
    }

    /// Nothing: the line's end ends the row.
    public mutating func end(rowCount: Int, truncated: Bool, into output: inout [UInt8]) {}

    public mutating func failure(_ problem: [UInt8], into output: inout [UInt8]) -> Bool {
        output.append(contentsOf: "{\"error\":".utf8)
        problem.withUnsafeBytes { JSONCells.appendJSON($0, to: &output) }
        output.append(contentsOf: "}\n".utf8)
        return true
    }
}
