/// Which server a command talks to, and as whom.
struct ServerAccess: Sendable {
    /// Without a slash at its end.
    var url: String
    var token: String

    static let urlOption = CommandOption.setting(
        "--url", "SLUICE_URL", "URL", fallback: "http://127.0.0.1:8080", "Where the server listens")
    static let tokenFileOption = CommandOption(
        flag: "--token-file", valueName: "FILE", help: "Holds the token; without it SLUICE_TOKEN does")
    static let options = [urlOption, tokenFileOption]

    /// No flag: command lines show in lists of processes.
    private static let tokenVariable = CommandOption(
        flag: "SLUICE_TOKEN", variable: "SLUICE_TOKEN", valueName: "TOKEN", help: "", isHidden: true)
    private static let maxTokenBytes = 4096

    init(_ arguments: Arguments) throws {
        let url = arguments[Self.urlOption] ?? ""
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw UsageError(
                message: "\(url.debugDescription) is no address of a server",
                hint: "Write --url http://HOST:PORT or set SLUICE_URL.")
        }
        self.url = String(url.reversed().drop { $0 == "/" }.reversed())
        if let file = arguments[Self.tokenFileOption] {
            token = try Self.text(of: TextFile.read(file, limit: Self.maxTokenBytes), from: file)
        } else if let value = arguments[Self.tokenVariable], !value.isEmpty {
            token = value
        } else {
            throw UsageError(
                message: "no token is given",
                hint: "Set SLUICE_TOKEN or write --token-file FILE. The first start of sluice serve writes admin's to "
                    + "admin-token in its data dir.")
        }
    }

    private static func text(of bytes: [UInt8], from file: String) throws -> String {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 1 else { throw CommandFailure(.refused, "\(file) does not hold a token and nothing else") }
        return String(words[0])
    }
}
