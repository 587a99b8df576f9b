/// A time zone that cannot be used; the message is for whoever named it.
public struct ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String

    init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
