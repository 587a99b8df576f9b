import Postgres

/// Which rules bind somebody, whatever they hang on.
struct RuleBindings: Sendable {
    /// The rules that do not bind, each with one subject that is excepted.
    var exempt: [Int64: String] = [:]
    /// The deny rules that are for everybody or for one of the subjects.
    var denials: Set<Int64> = []

    func outcome(ofDenial rule: Int64) -> RuleOutcome.Outcome {
        guard denials.contains(rule) else { return .forOthers }
        return exempt[rule] == nil ? .inForce : .excepted
    }

    /// The bindings of `subjects` at this moment.
    static func read(of subjects: [Int64], on connection: Connection) async throws -> RuleBindings {
        var bindings = RuleBindings()
        for row in try await connection.query(
            """
            SELECT rule_id, min(sluice.subject_address(subject_id)) FROM sluice.rule_exemption
            WHERE subject_id = ANY (\(subjects)) AND until > statement_timestamp() GROUP BY rule_id
            """)
        {
            bindings.exempt[try row.decode(at: 0)] = try row.decode(at: 1)
        }
        for row in try await connection.query(
            "SELECT rule_id FROM sluice.rule_subject WHERE subject_id = 0 OR subject_id = ANY (\(subjects))")
        {
            bindings.denials.insert(try row.decode(at: 0))
        }
        return bindings
    }
}
