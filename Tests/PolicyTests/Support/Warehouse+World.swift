import Access
import Catalog
import Postgres

/// Bringing a reference world into the warehouse, object by object as the API would.
extension Change {
    func make(_ dataset: ReferenceWorld.Dataset) async throws {
        let columns = dataset.columns.map { column in
            #"{"name":"\#(column.name)","type":"\#(column.type.rawValue)","tags":\#(JSONText.list(column.tags.sorted()))}"#
        }
        _ = try await makeDataset(
            json(
                #"{"domain":"\#(dataset.domain)","name":"\#(dataset.name)","columns":[\#(columns.joined(separator: ","))]}"#
            ))
    }

    func put(_ principal: ReferenceWorld.Principal) async throws {
        let attributes = principal.attributes.sorted { $0.key < $1.key }
            .map { "\(JSONText.quoted($0.key)):\(JSONText.list($0.value))" }
        _ = try await putPrincipal(
            principal.name,
            json(
                #"{"kind":"user","attributes":{\#(attributes.joined(separator: ","))},"groups":\#(JSONText.list(principal.groups.sorted()))}"#
            ), .none)
    }

    func put(_ mask: ReferenceWorld.Mask) async throws {
        _ = try await putMask(
            mask.name,
            json(#"{"on":"\#(mask.target.address)","mask":\#(mask.mask.json),"except":\#(mask.except.json)}"#), .none)
    }

    func put(_ filter: ReferenceWorld.RowFilter) async throws {
        _ = try await putRowFilter(
            filter.name,
            json(
                #"{"on":"\#(filter.target.address)","expression":\#(JSONText.quoted(filter.filter.text)),"except":\#(filter.except.json)}"#
            ), .none)
    }

    /// - Parameter expiresAt: RFC 3339, in the future; what `grant.expiry` says is not looked at.
    func make(_ grant: ReferenceWorld.Grant, expiresAt: String? = nil) async throws -> Int64 {
        var fields = [
            #""to":"\#(grant.subject)""#, #""privilege":"\#(grant.privilege)""#, #""on":"\#(grant.scope)""#,
        ]
        if let columns = grant.columns {
            fields.append(
                #""columns":\#(JSONText.list(columns.sorted())),"ungranted":"\#(grant.raises ? "error" : "null")""#)
        }
        if let expiresAt { fields.append(#""expiresAt":"\#(expiresAt)""#) }
        return try await makeGrant(json("{\(fields.joined(separator: ","))}")).document.id
    }
}

extension RawSession {
    /// Puts the dataset's rows into `table`, past any policy.
    func insert(_ rows: [[ReferenceValue]], of dataset: ReferenceWorld.Dataset, into table: String) throws(Failure) {
        guard !rows.isEmpty else { return }
        let tuples = rows.map { row in
            "(" + zip(row, dataset.columns).map { $0.literal($1.type) }.joined(separator: ", ") + ")"
        }
        try self.rows("INSERT INTO \(table) VALUES \(tuples.joined(separator: ", "))")
    }
}
