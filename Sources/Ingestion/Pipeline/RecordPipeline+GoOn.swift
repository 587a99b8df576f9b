/// Where reading a source can go on later, in another process: between two records.
public struct ReadingPosition: Sendable, Hashable {
    /// Bytes of the source before it, after decompression.
    public var byteOffset = 0
    public var counts = RecordCounts()
    /// `nil`: what becomes of the next records depends on those before, which must be read again.
    var decoder: DecoderPosition?

    public init() {}
}

extension RecordPipeline {
    /// How a pipeline came to a position.
    public enum GoingOn: Sendable, Hashable {
        /// What lies before was not read; or only decompressed.
        case skipped
        /// What lies before was read again, because a `unique` check must know it.
        case readAgain
        /// It cannot: the pipeline is of no use any more, and the unit begins anew.
        case impossible
    }

    /// Of the source, what tells whether another opening is of the same bytes; `nil`: it never is.
    public var sourceIdentity: String? { source.identity }

    /// Where the next batch begins.
    public var position: ReadingPosition {
        var position = ReadingPosition()
        position.byteOffset = bytesRead
        position.counts = counts
        position.decoder = decoder.position
        return position
    }

    /// Goes to `position`, where a pipeline of the same plan over the same bytes was. To be called before anything is
    /// read. Memory is bounded as in reading.
    ///
    /// - Throws: As `next` does.
    public func goOn(at position: ReadingPosition) async throws(SourceFailure) -> GoingOn {
        guard source.identity != nil, position.byteOffset >= 0, position.counts.isPossible else { return .impossible }
        if let place = position.decoder, decoder.goOn(at: place, position.counts) {
            try source.skip(to: position.byteOffset)
            window = ByteWindow(offset: position.byteOffset)
            counts = position.counts
            return .skipped
        }
        recordLimit = position.counts.read
        defer { recordLimit = .max }
        var batch = CopyBatch()
        while counts.read < recordLimit, try await next(into: &batch) {}
        return counts == position.counts ? .readAgain : .impossible
    }
}

extension RecordCounts {
    /// Whether a pipeline can have counted so.
    fileprivate var isPossible: Bool {
        min(accepted, quarantined, dropped, warned) >= 0 && read == accepted + quarantined + dropped
    }
}
