/// A request's body that is read while it is sent, however long it gets.
public struct HTTPUpload {
    /// In bytes; `nil`: not known before its end, and sent in chunks.
    public var byteCount: Int?
    /// Fills the buffer from its start and returns how many bytes it has put there; 0 at the end. What it throws ends the
    /// request.
    public var read: (UnsafeMutableRawBufferPointer) throws -> Int

    /// - Parameters:
    ///   - byteCount: `nil`: sent in chunks.
    ///   - read: Fills the buffer and returns how much of it; 0 at the end.
    public init(byteCount: Int?, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
        self.byteCount = byteCount
        self.read = read
    }
}
