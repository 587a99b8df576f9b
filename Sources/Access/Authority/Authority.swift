public import Catalog
public import JSON
public import Postgres

/// What a principal holds, by the id of the platform, domain or dataset on which it holds it.
///
/// Read from the compiled table `held_grant`, the same from which the decision functions answer.
public struct Authority: Sendable {
    /// The scope id of the platform.
    public static let platform: Int64 = 0

    private var held: [Int64: Set<Privilege>]

    public init(_ held: [Int64: Set<Privilege>]) {
        self.held = held
    }

    /// Whether `privilege` is held on one of `scopes`; privileges are inherited downward, so pass the object and all
    /// above it. The platform is always among them.
    public func allows(_ privilege: Privilege, on scopes: Int64...) -> Bool {
        ([Self.platform] + scopes).contains { held[$0]?.contains { $0.includes(privilege) } ?? false }
    }

    /// Throws `forbidden` unless `privilege` is held.
    public func require(_ privilege: Privilege, on scopes: Int64..., called name: String) throws(Refusal) {
        for scope in [Self.platform] + scopes where held[scope]?.contains(where: { $0.includes(privilege) }) ?? false {
            return
        }
        throw Refusal(
            .forbidden, "this needs the privilege \(privilege.rawValue) on \(name)",
            hint: "Ask a manager of \(name) for a grant; POST /access/explain shows what you hold.")
    }

    /// Each scope with the privileges held on it, by scope id.
    public var privileges: [(scope: Int64, privileges: [Privilege])] {
        held.sorted { $0.key < $1.key }.map { scope, privileges in
            (scope, Privilege.allCases.filter(privileges.contains))
        }
    }
}

extension Authority {
    /// What is held, as `GET /me` shows it: each scope's address with its privileges.
    public func body(on connection: Connection) async throws -> JSONValue {
        let scopes = privileges
        let rows = try await connection.query(
            "SELECT sluice.scope_address(s) FROM unnest(\(scopes.map(\.scope))) WITH ORDINALITY AS u (s, n) ORDER BY n")
        return .array(
            try zip(scopes, rows).compactMap { held, row in
                guard let address = try row.decode(at: 0, as: String?.self) else { return nil }
                return [
                    "on": .string(address), "privileges": .array(held.privileges.map { .string($0.rawValue) }),
                ]
            })
    }
}
