/// The lines on which rows began, since the last `forget`.
///
/// Kept as runs of equal steps: an upload with one record a line is one run, so is an array on a single line.
public struct RowLines: Sendable {
    private struct Run: Sendable {
        var firstRow: Int
        var firstLine: Int
        var step: Int
        var count: Int
    }

    /// Runs of 32 bytes each after which it is time to `forget`.
    static let maxRuns = 1 << 15

    private var runs: [Run] = []
    /// Rows since the last `forget`.
    public private(set) var count = 0

    /// Whether to forget before anything more is decoded: one call of `decode` adds a row per 2 bytes of output at most.
    public var isFull: Bool { runs.count >= Self.maxRuns }

    mutating func append(_ line: Int) {
        defer { count += 1 }
        if let last = runs.indices.last {
            if runs[last].count == 1 { runs[last].step = line - runs[last].firstLine }
            if runs[last].firstLine + runs[last].step * runs[last].count == line {
                runs[last].count += 1
                return
            }
        }
        runs.append(Run(firstRow: count, firstLine: line, step: 0, count: 1))
    }

    mutating func forget() {
        runs.removeAll(keepingCapacity: runs.capacity <= 1024)
        count = 0
    }

    /// The line of row `index`, counted from 0; `nil` when it is not known. O(log n).
    public func line(ofRow index: Int) -> Int? {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].firstRow <= index { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let run = runs[low - 1]
        let offset = index - run.firstRow
        return offset < run.count ? run.firstLine + run.step * offset : nil
    }
}
