import Access
import Catalog
import Postgres

extension Caller {
    /// The condition on a document view that admits what this caller may see of a kind.
    func visible(_ kind: ObjectKind) -> SQL {
        let all = authority.allows(.manage)
        switch kind {
        case .tag, .purpose: return "true"
        case .auditRetention: return all ? "true" : "false"
        case .principal: return all ? "true" : "id = \(principalID)"
        case .group: return all ? "true" : "id = ANY (\(subjectIDs))"
        case .token: return all ? "true" : "scope_id = \(principalID)"
        case .grant:
            return """
                (\(raw: under(scopes(holding: .manage)))
                OR id IN (SELECT g.id FROM sluice.access_grant AS g WHERE g.subject_id = ANY (\(subjectIDs))))
                """
        case .accessRequest:
            return """
                (\(raw: under(scopes(holding: .manage)))
                OR id IN (SELECT r.id FROM sluice.access_request AS r WHERE r.principal_id = \(principalID)))
                """
        case .policyTest: return all ? "true" : "false"
        case .classificationSettings: return all ? "true" : "false"
        case .mask, .rowFilter, .denyRule, .columnClassification: return under(scopes(holding: .manage))
        case .dataset, .datasetTags, .columnTags: return under(scopes(holding: .describe))
        case .pipeline: return under(scopes(holding: .describe))
        // Hosts and users of other systems are for those who work with them.
        case .connection: return under(scopes(holding: .write))
        case .domain, .domainTags:
            let scopes = scopes(holding: .describe)
            return """
                (\(raw: under(scopes))
                OR scope_id IN (SELECT ds.domain_id FROM sluice.dataset AS ds WHERE ds.id = ANY (\(scopes))))
                """
        }
    }

    /// The ids of the scopes on which `privilege` is held.
    private func scopes(holding privilege: Privilege) -> [Int64] {
        authority.privileges.filter { $0.privileges.contains { $0.includes(privilege) } }.map(\.scope)
    }

    /// Objects that hang on one of `scopes` or below.
    private func under(_ scopes: [Int64]) -> SQL {
        if scopes.contains(Authority.platform) { return "true" }
        return """
            (scope_id = ANY (\(scopes))
            OR scope_id IN (SELECT ds.id FROM sluice.dataset AS ds WHERE ds.domain_id = ANY (\(scopes))))
            """
    }
}
