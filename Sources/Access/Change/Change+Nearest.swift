import Catalog
import JSON
import Postgres

/// What a body names and is not there is refused with the name that was probably meant, of those that the caller may know.
extension Change {
    /// Names that are compared at most.
    private static let compared: Int64 = 10_000

    /// - Parameters:
    ///   - table: Where names of the kind are.
    ///   - maker: The call that makes one.
    ///   - isPublic: Whether everybody may know all names; else only managers of the platform.
    func namesNothing(
        _ noun: String, _ name: String, in table: String, at pointer: String, madeBy maker: String, isPublic: Bool
    ) async throws -> Refusal {
        var nearest: String?
        if isPublic || caller.authority.allows(.manage) {
            nearest = try await closest(to: name, "SELECT name FROM \(identifier: "sluice", table)")
        }
        return .invalid(
            at: pointer, "names no \(noun)" + Self.question(nearest), hint: "PUT \(maker)/\(name) makes one.")
    }

    /// The refusal of a dataset that is not there, or that the caller may not see.
    func namesNoDataset(_ address: DatasetAddress, at pointer: String) async throws -> Refusal {
        let rows = try await connection.query(
            """
            SELECT d.name || '.' || ds.name, d.id, ds.id
            FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id LIMIT \(Self.compared)
            """)
        let visible = try rows.filter { row in
            caller.authority.allows(.describe, on: try row.decode(at: 1), try row.decode(at: 2))
        }
        let nearest = ClosestName.of("\(address)", among: try visible.map { try $0.decode(at: 0) })
        return .invalid(at: pointer, "names no dataset, or one you may not see" + Self.question(nearest))
    }

    /// The refusal of a domain that is not there, or that the caller may not see.
    func namesNoDomain(_ name: String, at pointer: String) async throws -> Refusal {
        let rows = try await connection.query("SELECT name, id FROM sluice.domain LIMIT \(Self.compared)")
        let visible = try rows.filter { caller.authority.allows(.describe, on: try $0.decode(at: 1)) }
        let nearest = ClosestName.of(name, among: try visible.map { try $0.decode(at: 0) })
        return .invalid(at: pointer, "names no domain, or one you may not see" + Self.question(nearest))
    }

    /// The refusal of a column that a dataset, which the caller may see, does not have.
    func namesNoColumn(_ name: String, of dataset: Int64, at pointer: String) async throws -> Refusal {
        let nearest = try await closest(
            to: name, "SELECT name FROM sluice.dataset_column WHERE dataset_id = \(dataset)")
        return .invalid(at: pointer, "names no column of the dataset" + Self.question(nearest))
    }

    private func closest(to name: String, _ names: SQL) async throws -> String? {
        let rows = try await connection.query(names + " ORDER BY name LIMIT \(Self.compared)")
        return ClosestName.of(name, among: try rows.map { try $0.decode(at: 0) })
    }

    private static func question(_ name: String?) -> String { name.map { "; did you mean \($0)?" } ?? "" }
}
