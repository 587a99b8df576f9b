import Access
import Catalog
import HTTPServer
import JSON
import Query

/// Turns a result into a response and audits it: the whole of a small one, begin and end of a streamed one.
struct GovernedAnswer {
    let platform: Platform
    let format: ResultFormat
    let policyVersion: Int64
    /// Whether nothing may leave before its audit entry is written.
    let isDurable: Bool
    let start = ContinuousClock.now

    /// - Parameter link: The `Link` field for the cursor of a next page.
    func response(
        _ result: StatementResult, _ entry: ReadEntry, link: @escaping @Sendable (String) -> String?
    ) async throws -> Response {
        var entry = entry
        entry.duration = .now - start
        switch result {
        case .complete(let bytes, let summary):
            entry.rowCount = summary.rowCount
            entry.byteCount = bytes.count
            // Without a call that might suspend, where it need not.
            if try isDurable || !platform.readAudit.appendUnlessFull(entry) {
                try await platform.readAudit.append(entry, durably: true)
            }
            return Self.whole(
                bytes, summary, format, policyVersion: policyVersion, link: summary.nextCursor.flatMap(link))
        case .streaming(let stream):
            entry.phase = .begun
            try await platform.readAudit.append(entry, durably: isDurable)
            var fields = Self.fields(policyVersion: policyVersion)
            fields["Trailer"] = "Sluice-Truncated, Link"
            return streamed(stream, entry, fields, link)
        }
    }

    /// The answer to a read whose audit entry has been taken.
    private static func whole(
        _ bytes: [UInt8], _ summary: ResultSummary, _ format: ResultFormat, policyVersion: Int64, link: String?
    ) -> Response {
        var fields = fields(policyVersion: policyVersion)
        if summary.isTruncated { fields.append("Sluice-Truncated", "true") }
        if let link { fields.append("Link", link) }
        fields.append("Content-Type", format.contentType)
        return Response(200, fields: fields, body: .bytes(bytes))
    }

    static func fields(policyVersion: Int64) -> Fields {
        var fields = Fields()
        fields.reserve(6)
        fields.append("Sluice-Policy-Version", "\(policyVersion)")
        fields.append("Cache-Control", "no-store")
        fields.append("Vary", "Accept, Prefer")
        return fields
    }

    private func streamed(
        _ stream: ResultStream, _ begun: ReadEntry, _ fields: Fields, _ link: @escaping @Sendable (String) -> String?
    ) -> Response {
        .stream(contentType: format.contentType, fields: fields) { [self] writer in
            var entry = begun
            entry.phase = .ended
            var bytes = 0
            do {
                let summary = try await stream.forEach { chunk in
                    bytes += chunk.count
                    try await writer.write(chunk)
                }
                entry.rowCount = summary.rowCount
                var trailers: Fields = [:]
                if summary.isTruncated { trailers["Sluice-Truncated"] = "true" }
                if let cursor = summary.nextCursor, let link = link(cursor) { trailers["Link"] = link }
                await writer.setTrailers(trailers)
            } catch {
                entry.decision = .failed
                entry.code = Problem.mapping(error)?.code ?? RefusalCode.internalError.rawValue
                entry.byteCount = bytes
                entry.duration = .now - start
                try await platform.readAudit.append(entry, durably: false)
                try await tellNDJSON(error, writer, requestID: begun.requestID)
                throw error
            }
            entry.byteCount = bytes
            entry.duration = .now - start
            try await platform.readAudit.append(entry, durably: false)
        }
    }

    /// NDJSON says in a last line why it ends early.
    private func tellNDJSON(_ error: any Error, _ writer: ResponseWriter, requestID: String) async throws {
        let problem = Problem.mapping(error) ?? .internalError
        var line: [UInt8] = []
        var format = format.makeWriter()
        guard format.failure(problem.json(requestID: requestID).encoded(), into: &line) else { return }
        try await writer.write(line)
        try await writer.flush()
    }
}

extension Request {
    /// The format asked for by `?format=`, else by `Accept`; JSON when neither says.
    func resultFormat(named name: String?) throws -> ResultFormat {
        if let name {
            guard let format = ResultFormat(rawValue: name) else {
                throw Refusal(.invalidParameter, "format must be json, ndjson or csv")
            }
            return format
        }
        guard fields.contains("Accept") else { return .json }
        let chosen = try Negotiation.choose(fields, from: ResultFormat.allCases.map(\.mediaType))
        return ResultFormat.allCases.first { $0.mediaType == chosen } ?? .json
    }

    /// `Prefer: numbers=string` (RFC 7240).
    var prefersNumbersAsStrings: Bool {
        fields["Prefer"]?.split(separator: ",").contains { $0.trimmed == "numbers=string" } ?? false
    }
}
