/// What is known of a column before it is classified.
public struct ColumnSample: Sendable {
    /// Values that are looked at; more are left out.
    public static let maxValues = 1000
    /// Bytes of a value that are looked at; the rest is left out.
    public static let maxValueBytes = 1024

    public var name: String
    /// As `format_type()` spells it; `nil`: not known, as in CSV.
    public var type: String?
    /// The values that are neither empty nor a word for nothing (`NULL`, `N/A`, `\N`), without white space around, in
    /// the
    /// order of the source.
    public private(set) var values: [[UInt8]] = []
    /// Values offered, with the empty ones, until the sample was full.
    public private(set) var count = 0

    public init(name: String, type: String? = nil) {
        self.name = name
        self.type = type
    }

    public var isFull: Bool { values.count >= Self.maxValues }

    /// Takes a value into the sample, `nil` for NULL; ignored when the sample is full.
    public mutating func add(_ value: some Collection<UInt8>) {
        guard !isFull else { return }
        count += 1
        let text = ByteText.trimmed(Array(value.prefix(Self.maxValueBytes)))
        if !Self.isNothing(text) { values.append(text) }
    }

    private static let nothing: Set<String> = [
        "", "-", "--", "?", ".", "n/a", "na", "null", "none", "nil", "\\n", "nan", "unknown", "(null)", "<null>",
        "#n/a", "tbd",
    ]

    private static func isNothing(_ text: [UInt8]) -> Bool {
        text.count <= 7 && nothing.contains(String(decoding: text, as: UTF8.self).lowercased())
    }
}
