internal import HTTPClient

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

    /// Not among `options`: the help of `--token-file` names it.
    static let tokenOption = CommandOption.secret(
        "SLUICE_TOKEN", "TOKEN", "As whom a command speaks; `--token-file FILE` goes before it")
    private static let maxTokenBytes = 4096

    init(url: String, token: String) {
        self.url = url
        self.token = token
    }

    init(_ arguments: Arguments) throws {
        url = try Self.url(arguments)
        guard let token = try Self.givenToken(arguments) else {
            throw UsageError(
                message: "no token is given",
                hint: "Set SLUICE_TOKEN or write --token-file FILE. The first start of sluice serve writes admin's to "
                    + "admin-token in its data dir.")
        }
        self.token = token
    }

    static func url(_ arguments: Arguments) throws(UsageError) -> String {
        let url = arguments[Self.urlOption] ?? ""
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw UsageError(
                message: "\(url.debugDescription) is no address of a server",
                hint: "Write --url http://HOST:PORT or set SLUICE_URL.")
        }
        return String(url.reversed().drop { $0 == "/" }.reversed())
    }

    /// `nil` when neither the file nor the variable is given.
    static func givenToken(_ arguments: Arguments) throws -> String? {
        if let file = arguments[Self.tokenFileOption] {
            return try Self.text(of: TextFile.read(file, limit: Self.maxTokenBytes), from: file)
        }
        return arguments[Self.tokenOption].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What a request throws, with the failure to get an answer as a person reads it.
    func reach<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as HTTPClientError {
            let hint =
                error.code == .cannotConnect
                ? "Is the server running? sluice serve starts one; --url or SLUICE_URL says where it listens; "
                    + "sluice doctor looks into it." : nil
            throw CommandFailure(.unreachable, "error: \(error.message)", hint: hint)
        }
    }

    private static func text(of bytes: [UInt8], from file: String) throws -> String {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 1 else { throw CommandFailure(.refused, "\(file) does not hold a token and nothing else") }
        return String(words[0])
    }
}
