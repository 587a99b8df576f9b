public import JSON

/// One line of a run's log. Without secrets and without values of the data: whoever sees the run reads it.
public struct LogLine: Sendable, Hashable {
    /// How much a line matters, as in the server's log.
    public enum Level: String, Sendable { case debug, info, warning, error }

    /// Longer messages are cut, in characters.
    public static let maxMessageLength = 4000

    public var level: Level
    public var message: String
    public var fields: JSONObject

    public init(_ level: Level, _ message: String, fields: JSONObject = [:]) {
        self.level = level
        self.message = String(message.prefix(Self.maxMessageLength))
        self.fields = fields
    }
}
