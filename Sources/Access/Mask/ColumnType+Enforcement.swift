import Catalog

extension ColumnType {
    /// As in the schema: what a column is declared with, typmod included.
    var spelling: String { description }

    /// The type without its modifier: what functions take and return, since they lose it anyhow.
    var baseSpelling: String {
        guard !isArray else { return ColumnType(scalar.withoutModifier).baseSpelling + "[]" }
        // "character" alone means character(1); bpchar is the type itself.
        if case .char = scalar { return "bpchar" }
        return ColumnType(scalar.withoutModifier).description
    }

    /// Precision and scale of `numeric(p,s)`.
    var numericModifier: (precision: Int, scale: Int)? {
        guard case .numeric(let modifier?) = scalar else { return nil }
        return (modifier.precision, modifier.scale)
    }

    /// A type as `sluice.dataset_column` keeps it.
    init(stored text: String) throws {
        try self.init(parsing: text)
    }
}

extension ColumnType.Scalar {
    fileprivate var withoutModifier: ColumnType.Scalar {
        switch self {
        case .numeric: .numeric(nil)
        case .varchar: .varchar(nil)
        case .time: .time(precision: nil)
        case .timestamp: .timestamp(precision: nil)
        case .timestamptz: .timestamptz(precision: nil)
        default: self
        }
    }
}
