public import EventLoop
import Postgres
import Store

extension Governance {
    /// Looks at one dataset that is due, if there is one, and notes what its columns seem to hold.
    ///
    /// One transaction takes it, one reads a sample, one writes; in between nothing is held. What a kill leaves undone is
    /// done by the next server that finds the dataset due again, 30 s later.
    ///
    /// - Parameter blocking: Where the sample is judged: off the event loops.
    /// - Returns: Whether to call again right away.
    /// - Throws: What kept a dataset from being looked at, after noting it with the dataset.
    public func classifyNext(on blocking: BlockingPool) async throws -> Bool {
        let claimed = try await sessions.withServerSession { connection in
            try await connection.query("SELECT sluice.claim_classification()")[0].decode(at: 0, as: Int64?.self)
        }
        guard let dataset = claimed else { return false }
        do {
            let (sample, year, version) = try await sample(of: dataset)
            let verdicts = try await blocking.run { sample.verdicts(year: year) }
            try await sessions.withServerSession { connection in
                try await connection.transaction { connection in
                    try await ClassificationTables(connection: connection, dataset: dataset).write(verdicts, version)
                }
            }
        } catch {
            let failure = ClassificationFailure(error)
            try await sessions.withServerSession { connection in
                try await ClassificationTables(connection: connection, dataset: dataset).write(failure)
            }
            if failure != .gone { throw error }
        }
        return true
    }

    /// The sample, the year it is, and the version of the dataset that was looked at.
    @inline(never)
    private func sample(of dataset: Int64) async throws -> (DatasetSample, Int, ClassificationTables.Version) {
        try await sessions.withServerSession { connection in
            try await connection.transaction(isolation: .repeatableRead, readOnly: true) { connection in
                let tables = ClassificationTables(connection: connection, dataset: dataset)
                guard let version = try await tables.version() else { throw ClassificationFailure.gone }
                let columns = try await DatasetDefinition.read(dataset, on: connection).columns
                let (sample, year) = try await DatasetSample.read(dataset, columns, on: connection)
                return (sample, year, version)
            }
        }
    }

    /// Tags columns whose verdicts are as sure as the platform's setting asks; of those a steward has decided, none.
    ///
    /// - Returns: Whether to call again right away.
    public func applyClassifications() async throws -> Bool {
        let applied = try await sessions.withServerSession { connection in
            let rows = try await connection.query(
                """
                SELECT EXISTS (
                    SELECT FROM sluice.column_classification AS k
                    WHERE k.state = 'suggested'
                        AND k.confidence >= (SELECT s.auto_tag_above FROM sluice.classification_settings AS s))
                """)
            guard try rows[0].decode(at: 0, as: Bool.self) else { return nil as (Int64, [Int64])? }
            return try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.begin_change()")
                let change = Change(
                    connection: connection, caller: .classifier, requestID: Caller.classifier.name,
                    requiresConditions: false)
                try await change.applyClassifications()
                let waiting = try await change.compile()
                return (try await change.finish(), waiting)
            }
        }
        guard let (version, waiting) = applied else { return false }
        try await fence(version)
        if !waiting.isEmpty { _ = try await rebuild(waiting) }
        return true
    }
}

extension Caller {
    /// Who tags by itself, as the audit names it; no principal's name has a colon.
    static let classifier = Caller(
        principalID: 0, name: "sluice:classifier", role: "", subjectIDs: [],
        authority: Authority([Authority.platform: [.manage]]), policyVersion: 0)
}
