import Catalog
import JSON

@testable import Access

/// The kinds of masks, strictest first, with their parameters and the types they fit.
enum MasksReference {
    static func table() throws -> MarkdownTable {
        var table = MarkdownTable(head: ["kind", "parameters", "types of columns"])
        for kind in MaskKind.allCases {
            // What one kind needs, the others do not know; they are told apart by the refusal.
            let needed: [JSONObject] = [[:], ["value": "0"], ["to": 1], ["domain": "a"], ["expression": "value"]]
            let readable = needed.lazy.compactMap { parameters in
                try? JSONFields.read(.object(parameters.merging(kind))) { MaskSpec(&$0) }
            }.first
            guard let spec = readable else { throw ReferenceError(message: "no sample of mask \(kind) can be read") }
            table.rows.append([MarkdownTable.code(kind.rawValue), try parameters(of: spec), types(of: spec)])
        }
        return table
    }

    private static func parameters(of spec: MaskSpec) throws -> String {
        let place = FieldProbe(document: spec.body) { value in
            try JSONFields.read(value) { MaskSpec(&$0) }.body
        }
        return try place.fields().filter { $0.name != "kind" }.map { field in
            let value = field.fallback.map { ", default \($0)" } ?? ", required"
            return "\(MarkdownTable.code(field.name)): \(field.rule)\(value)"
        }.joined(separator: "; ")
    }

    private static func types(of spec: MaskSpec) -> String {
        let scalars: [ColumnType.Scalar] = [
            .smallint, .integer, .bigint, .numeric(nil), .real, .doublePrecision, .text, .varchar(nil), .char(1),
            .boolean,
            .date, .time(precision: nil), .timestamp(precision: nil), .timestamptz(precision: nil), .interval, .uuid,
            .json,
            .jsonb, .bytea, .inet,
        ]
        let types = scalars.map { ColumnType($0) } + [ColumnType(.text, isArray: true)]
        let fitting = types.filter(spec.fits)
        return fitting.count == types.count ? "any" : fitting.map(\.baseSpelling).joined(separator: ", ")
    }
}

/// The reference cannot be made; nothing is wrong with what it describes.
struct ReferenceError: Error {
    var message: String
}

extension JSONObject {
    fileprivate func merging(_ kind: MaskKind) -> JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue)]
        for (key, value) in self { object[key] = value }
        return object
    }
}
