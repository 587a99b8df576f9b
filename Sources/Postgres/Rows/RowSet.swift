/// Rows in memory: all cells' text one after the other, copied once from libpq.
public struct RowSet: Sendable {
    /// Of every row, in order; known also when there is no row.
    public let columns: [Column]
    public let count: Int
    fileprivate let bytes: [UInt8]
    /// Per cell, row by row: where its text ends in `bytes`, and whether it is `NULL` in the top bit.
    fileprivate let ends: [UInt32]

    fileprivate static let nullBit: UInt32 = 1 << 31

    /// Bytes of text in all cells.
    public var byteCount: Int { bytes.count }

    /// Lends each row in turn. The row's pointers are valid inside `body` only.
    public func withEachRow<E: Error>(_ body: (borrowing RowView) throws(E) -> Void) throws(E) {
        for row in 0..<count { try withRow(row, body) }
    }

    /// Lends rows in order from row `start` on, until `body` answers `false` or there are no more.
    ///
    /// Not generic, so that a caller in another module pays nothing a row for finding out types.
    ///
    /// - Returns: The row after the last one lent.
    public func scan(from start: Int = 0, _ body: (borrowing RowView) -> Bool) -> Int {
        bytes.withUnsafeBytes { bytes in
            ends.withUnsafeBufferPointer { ends in
                var row = start
                while row < count {
                    let view = RowView(bytes: bytes, ends: ends, first: row * columns.count, count: columns.count)
                    row += 1
                    if !body(view) { break }
                }
                return row
            }
        }
    }

    /// Lends row `index`, in `0..<count`. Its pointers are valid inside `body` only.
    public func withRow<R, E: Error>(_ index: Int, _ body: (borrowing RowView) throws(E) -> R) throws(E) -> R {
        precondition(index >= 0 && index < count, "no such row")
        let first = index * columns.count
        let outcome: Result<R, E> = bytes.withUnsafeBytes { bytes in
            ends.withUnsafeBufferPointer { ends in
                do throws(E) {
                    return .success(try body(RowView(bytes: bytes, ends: ends, first: first, count: columns.count)))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try outcome.get()
    }
}

/// One row, lent: its cells as Postgres sent them, in text format.
public struct RowView: ~Copyable {
    fileprivate let bytes: UnsafeRawBufferPointer
    fileprivate let ends: UnsafeBufferPointer<UInt32>
    fileprivate let first: Int
    /// Number of columns.
    public let count: Int

    /// The text of column `index`, in `0..<count`; `nil` is `NULL`. Valid as long as the row is lent.
    public subscript(index: Int) -> UnsafeRawBufferPointer? {
        precondition(index >= 0 && index < count, "no such column")
        let cell = first + index
        let end = ends[cell]
        if end & RowSet.nullBit != 0 { return nil }
        let start = cell == 0 ? 0 : ends[cell - 1] & ~RowSet.nullBit
        return UnsafeRawBufferPointer(rebasing: bytes[Int(start)..<Int(end)])
    }
}

extension RowSet {
    /// Collects rows that arrive one by one.
    struct Builder {
        var columns: [Column]
        private(set) var count = 0
        private var bytes: [UInt8] = []
        private var ends: [UInt32] = []

        /// The most text one set can hold: offsets have 31 bits.
        static let maxBytes = Int(Int32.max)

        init(columns: [Column] = []) {
            self.columns = columns
        }

        /// Bytes taken so far, cells' own and what finds them.
        var byteCount: Int { bytes.count + ends.count * 4 }

        mutating func append(_ cell: UnsafeRawBufferPointer) {
            bytes.append(contentsOf: cell)
            ends.append(UInt32(bytes.count))
        }

        mutating func appendNull() {
            ends.append(UInt32(bytes.count) | RowSet.nullBit)
        }

        mutating func endRow() {
            count += 1
        }

        /// Hands over what was collected and starts again with the same columns.
        mutating func take() -> RowSet {
            let rows = RowSet(columns: columns, count: count, bytes: bytes, ends: ends)
            self = Builder(columns: columns)
            return rows
        }
    }
}

extension RowSet: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// The row at `position`; traps outside of `0..<count`.
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < count, "no such row")
        return Row(rows: self, index: position)
    }
}
