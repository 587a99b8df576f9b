internal import Catalog

/// The bytes of a file as its source keeps them, which may be compressed.
protocol StoredInput: ByteInput {
    /// As messages call it: the path that the pipeline gives.
    var name: String { get }
    /// Bytes before the one that is read next.
    var position: Int { get }
    /// What another opening must have, too, to be of the same bytes; `nil`: nothing tells.
    var identity: String? { get }
}

/// A file that can be read from anywhere, and whose end is known before it is reached.
protocol SeekableInput: StoredInput {
    /// In bytes, when it was opened.
    var size: Int { get }
    /// Goes on at `offset`.
    func seek(to offset: Int) throws(SourceFailure)
}

extension StoredInput {
    /// What the file holds, to be read instead of it.
    func decompressed(_ compression: FileCompression) throws(SourceFailure) -> any ByteInput {
        switch compression {
        case .none: self
        case .gzip: try GzipInput(self)
        case .zstd: try ZstdInput(self)
        }
    }
}
