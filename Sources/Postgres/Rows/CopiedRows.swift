/// Rows of a COPY out of the database as Postgres wrote them, each with its line end: one message of the protocol is one row.
public struct CopiedRows: Sendable {
    /// All rows, one after the other.
    public private(set) var bytes: [UInt8] = []
    /// Per row, where it ends in `bytes`.
    private var ends: [Int] = []

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    public var count: Int { ends.count }
    public var isEmpty: Bool { ends.isEmpty }
    var byteCount: Int { bytes.count }

    mutating func append(_ row: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: row)
        ends.append(bytes.count)
    }

    /// Lends rows in order from row `start` on, until `body` answers `false` or there are no more.
    ///
    /// - Returns: The row after the last one lent.
    public func scan(from start: Int = 0, _ body: (UnsafeRawBufferPointer) -> Bool) -> Int {
        bytes.withUnsafeBytes { bytes in
            var row = start
            var begin = start == 0 ? 0 : ends[start - 1]
            while row < ends.count {
                let end = ends[row]
                row += 1
                if !body(UnsafeRawBufferPointer(rebasing: bytes[begin..<end])) { break }
                begin = end
            }
            return row
        }
    }
}
