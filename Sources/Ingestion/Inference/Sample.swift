internal import Catalog

/// The parts of a source that are looked at.
struct Sample {
    private let input: any ByteInput
    private let size: Inspection.SampleSize

    init(_ input: any ByteInput, _ size: Inspection.SampleSize) {
        self.input = input
        self.size = size
    }

    func run(name: String, _ inspection: inout some RecordInspection) throws(SourceFailure) {
        guard let file = input as? any SeekableInput, file.size > size.bytes else {
            return try read(size.bytes, name, &inspection)
        }
        try read(size.firstBytes, name, &inspection)
        let blocks = (size.bytes - size.firstBytes) / size.blockBytes
        let rest = file.size - size.firstBytes
        for block in 0..<blocks {
            // The last block ends with the file.
            let last = rest - size.blockBytes
            try file.seek(to: size.firstBytes + last / max(blocks - 1, 1) * block)
            inspection.jump()
            try read(size.blockBytes, name, &inspection)
        }
    }

    /// Looks at the records of the next `count` bytes; one that these cut off is not looked at.
    private func read(_ count: Int, _ name: String, _ inspection: inout some RecordInspection) throws(SourceFailure) {
        var window = ByteWindow()
        while true {
            var position = window.start
            let isTaken: Bool
            do {
                isTaken = try inspection.take(
                    window.storage.span.extracting(0..<window.end), &position, isAtEnd: window.isAtEnd)
            } catch { throw SourceFailure(error, in: name, onNewColumn: .ignore) }
            window.start = position
            if isTaken { continue }
            if window.isAtEnd || window.offset + window.end >= count { return }
            try window.fill(from: input)
        }
    }
}
