import Catalog
import JSON
import Postgres

extension Change {
    /// Refuses steps whose connections or targets are not there or not theirs to use, all faults at once.
    ///
    /// - Returns: The ids of the connections.
    func check(
        _ spec: PipelineSpec, _ domain: Int64, _ domainName: String, runningAs runner: Caller
    ) async throws -> Set<Int64> {
        var faults: [JSONFieldError] = []
        var used: Set<Int64> = []
        let connections = try await connections(of: domain)
        for (index, step) in spec.steps.enumerated() {
            let ingest = step.ingest
            let place = "/steps/\(index)/ingest"
            if let found = connections[ingest.from.connection] {
                used.insert(found.id)
                if let (member, detail) = Self.fault(in: ingest.from, throughKind: found.kind) {
                    faults.append(JSONFieldError(pointer: "\(place)/from/\(member)", detail: detail))
                }
            } else {
                faults.append(
                    JSONFieldError(
                        pointer: "\(place)/from/connection", detail: "names no connection of domain \(domainName)"))
            }
            if let fault = try await fault(inTargetOf: ingest, runningAs: runner) {
                faults.append(JSONFieldError(pointer: place + fault.pointer, detail: fault.detail))
            }
        }
        guard faults.isEmpty else { throw Refusal(JSONFieldErrors(errors: faults)) }
        return used
    }

    private func connections(of domain: Int64) async throws -> [String: (id: Int64, kind: String)] {
        let rows = try await connection.query(
            "SELECT name, id, kind FROM sluice.connection WHERE domain_id = \(domain)")
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                try (row.decode(at: 0, as: String.self), (id: row.decode(at: 1), kind: row.decode(at: 2)))
            })
    }

    /// Why nothing like `from` is read through a connection of that kind, and which of its members says so; `nil`: it is.
    private static func fault(in from: SourceSpec, throughKind word: String) -> (member: String, detail: String)? {
        guard let kind = ConnectionKind(rawValue: word) else {
            return ("connection", "is of kind \(word), which this version does not have")
        }
        guard kind.shape == from.shape else {
            return ("connection", "is of kind \(word), of which a \(kind.shape.member) is read")
        }
        return kind.fault(in: from)
    }

    /// Why the step cannot write its dataset. What the principal may not write and what is not there sound alike.
    private func fault(inTargetOf ingest: IngestSpec, runningAs runner: Caller) async throws -> JSONFieldError? {
        let address = ingest.dataset
        guard let domain = try await id(of: address.domain, in: "domain") else {
            return JSONFieldError(pointer: "/to/dataset", detail: Self.notWritable(by: runner))
        }
        let dataset = try await dataset(at: address)
        guard runner.authority.allows(.write, on: domain, dataset?.id ?? domain) else {
            return JSONFieldError(pointer: "/to/dataset", detail: Self.notWritable(by: runner))
        }
        guard let dataset, ingest.mode == .upsert else { return nil }
        let key: [String] = try await connection.query(
            "SELECT primary_key FROM sluice.dataset WHERE id = \(dataset.id)")[0].decode(at: 0)
        guard Set(key) != Set(ingest.key) else { return nil }
        return JSONFieldError(
            pointer: "/to/key",
            detail: key.isEmpty
                ? "cannot be used: the dataset has no primary key"
                : "must be the dataset's primary key, \(key.joined(separator: ", "))")
    }

    private static func notWritable(by runner: Caller) -> String {
        "is nothing that \(runner.name), as which the pipeline runs, may write: it needs write there"
    }
}
