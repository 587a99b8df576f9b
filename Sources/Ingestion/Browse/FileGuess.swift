internal import Catalog
internal import JSON

/// How a file seems to be written, where neither the caller nor the file's name says so: by its first bytes.
struct FileGuess {
    /// Opens the file at a path, to be read from its beginning.
    let open: (String) async throws(SourceFailure) -> any StoredInput

    /// Adds `format` and `compression` to members of a step's `from` that lack them.
    func complete(_ from: inout JSONObject, path: String) async throws(SourceFailure) {
        let endings = FileEndings(of: path)
        if from["compression"] == nil {
            from["compression"] = .string(
                (endings.format == nil ? try await compression(path) : endings.compression).rawValue)
        }
        guard from["format"] == nil else { return }
        let compression = from["compression"]?.stringValue.flatMap(FileCompression.init(rawValue:))
        let format = if let named = endings.format { named } else { try await format(path, compression ?? .none) }
        from["format"] = .string(format.rawValue)
    }

    private func compression(_ path: String) async throws(SourceFailure) -> FileCompression {
        let first = try Self.first(4, of: try await open(path))
        if first.starts(with: [0x1F, 0x8B]) { return .gzip }
        return first.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .zstd : .none
    }

    /// NDJSON begins with a brace, and CSV hardly ever does.
    private func format(_ path: String, _ compression: FileCompression) async throws(SourceFailure) -> FileFormat {
        let input = try await open(path).decompressed(compression)
        let first = try Self.first(64, of: input).first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
        return first == UInt8(ascii: "{") ? .ndjson : .csv
    }

    /// Up to `count` bytes; fewer at the end.
    private static func first(_ count: Int, of input: any ByteInput) throws(SourceFailure) -> [UInt8] {
        var window = ByteWindow()
        while !window.isAtEnd, window.end < count { try window.fill(from: input) }
        return Array(window.storage[..<min(count, window.end)])
    }
}
