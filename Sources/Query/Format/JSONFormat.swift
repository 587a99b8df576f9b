internal import JSON

/// `{"columns":[{"name","type"}],"rows":[[…]],"rowCount":n,"truncated":bool}`
public struct JSONFormat: RowFormat {
    private var types: [WireType] = []
    private var cells: JSONCells
    private var isFirst = true

    public init(numbersAsStrings: Bool = false) { cells = JSONCells(numbersAsStrings: numbersAsStrings) }

    public mutating func begin(_ columns: [FormatColumn], into output: inout [UInt8]) {
        types = columns.map(\.type)
        output.append(contentsOf: "{\"columns\":[".utf8)
        var isFirst = true
        for column in columns {
            output.append(contentsOf: isFirst ? "{\"name\":".utf8 : ",{\"name\":".utf8)
            isFirst = false
            JSONText.append(quoted: column.name, to: &output)
            output.append(contentsOf: ",\"type\":".utf8)
            JSONText.append(quoted: column.typeName, to: &output)
            output.append(UInt8(ascii: "}"))
        }
        output.append(contentsOf: "],\"rows\":[".utf8)
    }

    public mutating func row(_ row: [WireCell], into output: inout [UInt8]) {
        output.append(contentsOf: isFirst ? "[".utf8 : ",[".utf8)
        isFirst = false
        for index in types.indices {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            cells.append(index < row.count ? row[index] : nil, as: types[index], to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }

    public mutating func end(rowCount: Int, truncated: Bool, into output: inout [UInt8]) {
        output.append(contentsOf: "],\"rowCount\":".utf8)
        output.append(contentsOf: String(rowCount).utf8)
        output.append(contentsOf: truncated ? ",\"truncated\":true}\n".utf8 : ",\"truncated\":false}\n".utf8)
    }

    /// There is no place for it: the connection has to end without the final chunk.
    public mutating func failure(_ problem: [UInt8], into output: inout [UInt8]) -> Bool { false }
}
