/// A Postgres release: 15.20.
public struct PostgresVersion: Sendable, Comparable, CustomStringConvertible {
    /// 15 of 15.20.
    public var major: Int
    /// 20 of 15.20.
    public var minor: Int

    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads what `postgres --version` prints: `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
    init?(parsing text: String) {
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: ".")
            if parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]) {
                self.init(major: major, minor: minor)
                return
            }
        }
        return nil
    }

    /// Reads libpq's `PQserverVersion`: 150020 is 15.20.
    public init(serverVersion number: Int) { self.init(major: number / 10_000, minor: number % 10_000) }

    /// The major version that the embedded cluster runs: Debian 12's.
    public static let embeddedMajor = 15

    /// The oldest minor of each major version without a known hole from SQL user to code; majors that are not named
    /// are not judged.
    public static let oldestSafe: [Int: Int] = [15: 19]

    /// False for a version with a known hole from SQL user to code.
    public var isSafe: Bool { minor >= PostgresVersion.oldestSafe[major, default: 0] }

    public static func < (a: PostgresVersion, b: PostgresVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
    public var description: String { "\(major).\(minor)" }
}
