public import Postgres

/// A read by primary key, checked and printed once: requests that differ in the key's value alone share it.
public struct PointReadShape: Sendable {
    /// The statement of all its reads, the key's value a parameter.
    private let text: String
    private let parameters: [(name: String, value: String)]
    /// Which of `parameters` has the key's value, and the column it is compared with.
    private let place: Int
    private let key: RowsSource.Column

    private static let operation = "eq."

    /// `nil` unless the request compares a key of one column and nothing else.
    public init?(
        _ request: RowsRequest, _ statement: RowsStatement, parameters: [(name: String, value: String)],
        of source: RowsSource
    ) {
        guard statement.isPointRead, request.cursor == nil, source.primaryKey.count == 1,
            let key = source.column(named: source.primaryKey[0]), request.filters.count == 1,
            case .comparison(key, .equal, let value) = request.filters[0],
            let place = parameters.firstIndex(where: { $0.value == Self.operation + value }),
            parameters[place].name == key.name || parameters[place].name == "col." + key.name,
            parameters[place].name != "or"
        else { return nil }
        text = statement.text
        self.parameters = parameters
        self.place = place
        self.key = key
    }

    /// The statement for a request of this shape; `nil` for one of another, or with a value that the key's type does
    /// not have.
    ///
    /// - Parameter parameter: The request's decoded query parameters by position.
    public func sql(count: Int, parameter: (Int) -> (name: String, value: String)) -> SQL? {
        guard count == parameters.count else { return nil }
        var literal = ""
        for index in 0..<count {
            let (name, value) = parameter(index)
            guard name == parameters[index].name else { return nil }
            if index == place {
                guard value.hasPrefix(Self.operation) else { return nil }
                literal = String(value.dropFirst(Self.operation.count))
            } else if value != parameters[index].value {
                return nil
            }
        }
        guard key.type.problem(withFilterLiteral: literal) == nil else { return nil }
        return SQL(unsafe: text, parameters: [literal])
    }
}
