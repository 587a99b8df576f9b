/// Why the parameters of `GET …/rows` ask for nothing that can be answered: the caller's mistake, status 400.
public struct RowsError: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        case invalidParameter = "invalid_parameter"
        /// Not a cursor of this server, altered, or made for another dataset, principal, filter or order.
        case invalidCursor = "invalid_cursor"
    }

    public var code: Code
    /// The query parameter at fault.
    public var parameter: String
    public var message: String

    public init(_ code: Code = .invalidParameter, parameter: String, _ message: String) {
        self.code = code
        self.parameter = parameter
        self.message = message
    }
}

extension RowsError: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(parameter): \(message)" }
}
