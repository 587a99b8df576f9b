import Catalog
import JSON
import Postgres

extension Change {
    /// The principal as which a pipeline of `domain` runs: the domain's service principal unless the body names another.
    ///
    /// Whoever writes a pipeline acts through its principal. So none but that principal itself, and who manages the
    /// platform, may name one that is not the domain's; at each change, since it may be somebody else's.
    func principalToRunAs(_ name: String?, _ domain: Int64, _ domainName: String) async throws -> Caller {
        let service = try await serviceName(of: domain)
        guard let name, name != service else {
            if let service { return try await caller(named: service) }
            return try await makeService(of: domain, domainName)
        }
        guard name == caller.name || caller.authority.allows(.manage) else {
            throw Refusal(
                .forbidden, "/runAs names another principal than you and the one of domain \(domainName)",
                hint: "Leave runAs out, or ask a manager of the platform.",
                errors: [JSONFieldError(pointer: "/runAs", detail: "names another principal than you")])
        }
        _ = try await principalID(named: name, at: "/runAs")
        return try await caller(named: name)
    }

    private func caller(named name: String) async throws -> Caller {
        guard let found = try await Caller.read(named: name, on: connection) else {
            throw Refusal.notFound("principal \(name)")
        }
        return found
    }

    private func serviceName(of domain: Int64) async throws -> String? {
        try await connection.query(
            """
            SELECT p.name FROM sluice.domain_service AS s JOIN sluice.principal AS p ON p.id = s.principal_id
            WHERE s.domain_id = \(domain)
            """
        ).first?.decode(at: 0)
    }

    /// Makes `<domain>_pipelines`, with `write` on the domain. It has no token.
    private func makeService(of domain: Int64, _ domainName: String) async throws -> Caller {
        let name = try await freeServiceName(domain, domainName)
        let id = try await makePrincipal(name, .service)
        try await connection.execute(
            "UPDATE sluice.principal SET display_name = \("Pipelines of \(domainName)") WHERE id = \(id)")
        try await connection.execute(
            "INSERT INTO sluice.domain_service (domain_id, principal_id) VALUES (\(domain), \(id))")
        principals.insert(id)
        // Its grant and its authority, below, are looked up by its subject.
        try await connection.execute("SELECT sluice.compile_subjects(\([id]))")
        let principal = try await Document.read(.principal, id: id, on: connection)
        record("put", "principal \(name)", before: nil, after: principal)
        let grant = try await insertGrant(
            of: .write, on: domain, to: id, reason: "Pipelines of the domain run as this principal.")
        record("create", "grant \(grant.id)", dataset: domain, before: nil, after: grant)
        return try await caller(named: name)
    }

    /// A principal that is there already is nobody's service, whatever its name.
    private func freeServiceName(_ domain: Int64, _ domainName: String) async throws -> String {
        for suffix in ["_pipelines", "_pipelines_\(domain)"] {
            let name = String(domainName.prefix(ObjectName.maxLength - suffix.count)) + suffix
            if try await id(of: name, in: "principal") == nil { return name }
        }
        throw Refusal(
            .conflict, "no name is free for the principal of the domain's pipelines",
            hint: "Say runAs, or delete the principal \(domainName)_pipelines.")
    }

    /// What goes with a domain: its service principal, unless it has come to mean more.
    func dropService(of domain: Int64) async throws {
        let rows = try await connection.query(
            "DELETE FROM sluice.domain_service WHERE domain_id = \(domain) RETURNING principal_id")
        guard let id = try rows.first?.decode(at: 0, as: Int64.self) else { return }
        let uses = try await connection.query(Self.usesOfPrincipal(id) + " LIMIT 1")
        guard uses.isEmpty, let before = try await Document.read(.principal, id: id, on: connection) else { return }
        try await dropPrincipal(id)
        record("delete", "principal \(before.address)", before: before, after: nil)
    }
}
