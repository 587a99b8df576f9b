internal import CLinux
internal import Glibc

/// What is behind a descriptor, as far as it matters to how things are shown.
struct Terminal: Sendable {
    var isTerminal: Bool
    /// In columns; `nil` when it is no terminal or does not say.
    var width: Int?
    /// Colours are for terminals, and not where `NO_COLOR` is set (https://no-color.org) or `TERM` is `dumb`.
    var hasColour: Bool

    init(isTerminal: Bool, width: Int? = nil, hasColour: Bool = false) {
        self.isTerminal = isTerminal
        self.width = width
        self.hasColour = hasColour
    }

    init(_ descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        let columns = isTerminal ? Int(clinux_terminal_width(descriptor)) : 0
        width = columns > 0 ? columns : nil
        hasColour = isTerminal && (Self.variable("NO_COLOR") ?? "").isEmpty && Self.variable("TERM") != "dumb"
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// `text` in a colour, where there are any.
    func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour else { return text }
        return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
    }

    /// By their numbers in SGR sequences (ECMA-48).
    enum Colour: Int, Sendable {
        case bold = 1
        case faint = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
    }
}
