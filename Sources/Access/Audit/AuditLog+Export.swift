extension AuditLog {
    /// Entries that are read at once of each audit: what an export holds in memory.
    private static let pageSize = 500

    /// One of the two audits on its way into an export.
    private struct Part {
        let chain: AuditChain
        var entries: ArraySlice<Entry> = []
        var last: Key?
        var hasMore = true
    }

    /// Hands on all entries, earliest first, by the page; no session is kept while `body` waits for who reads.
    ///
    /// What is written after the call has begun is not part of it.
    public func export(_ filter: Filter, to body: ([Entry]) async throws -> Void) async throws {
        var filter = filter
        let now = try await now()
        filter.to = filter.to ?? now
        var parts = AuditChain.allCases.map { Part(chain: $0, last: filter.after) }
        while true {
            for index in parts.indices where parts[index].entries.isEmpty && parts[index].hasMore {
                filter.after = parts[index].last
                let entries = try await self.entries(
                    of: parts[index].chain, filter, .earliestFirst, limit: Self.pageSize)
                parts[index].hasMore = entries.count == Self.pageSize
                parts[index].last = entries.last?.key ?? parts[index].last
                parts[index].entries = entries[...]
            }
            let merged = Self.merge(&parts)
            if merged.isEmpty { return }
            try await body(merged)
        }
    }

    /// Takes the earliest entries, until a part that has more is used up.
    private static func merge(_ parts: inout [Part]) -> [Entry] {
        var merged: [Entry] = []
        while let index = parts.indices.filter({ !parts[$0].entries.isEmpty })
            .min(by: { parts[$0].entries.first!.key < parts[$1].entries.first!.key })
        {
            merged.append(parts[index].entries.removeFirst())
            if parts[index].entries.isEmpty, parts[index].hasMore { break }
        }
        return merged
    }
}
