public import Catalog

/// An opened source of records: read once, either by `Inspection` or by a `RecordPipeline`. For one task.
public final class SourceReader {
    /// As messages and quarantined rows call it: the file's path, or the table's name.
    public let name: String
    let kind: Kind

    enum Kind {
        case file(FileSource, any ByteInput, FileInput)
    }

    init(name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// Opens a file below the roots. Reading it blocks the calling thread, now and later.
    ///
    /// - Parameter folder: The connection's, absolute, which the file's path is relative to.
    public static func open(
        _ file: FileSource, folder: String, roots: FileRoots
    ) throws(SourceFailure) -> SourceReader {
        let plain = try roots.open(file.path, in: folder)
        let input: any ByteInput =
            switch file.compression {
            case .none: plain
            case .gzip: try GzipInput(plain)
            case .zstd: try ZstdInput(plain)
            }
        return SourceReader(name: file.path, .file(file, input, plain))
    }
}
