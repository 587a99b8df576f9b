public import Catalog
public import JSON
public import Postgres

/// What a steward says to a suggestion.
private enum Decision: String, JSONFieldWord, CaseIterable {
    case accept, reject
}

extension Change {
    /// `PUT /datasets/{…}/columns/{column}/classification`: the tag is borne, or no longer, from the same commit on.
    public func decideClassification(
        _ address: ColumnAddress, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        let decision = try Refusal.reading(body) { $0.required("decision", as: Decision.self) }
        let (dataset, column) = try await managedColumn(at: address)
        let rows = try await connection.query(
            """
            SELECT entity FROM sluice.column_classification WHERE dataset_id = \(dataset) AND column_id = \(Int64(column))
            """)
        guard let row = rows.first else { throw Refusal.notFound("classification of column \(address)") }
        let entity: String = try row.decode(at: 0)
        return try await put(.columnClassification, at: "\(address)", precondition) { _ in
            try await settle(
                decision == .accept ? "accepted" : "rejected", entity, decision == .accept, address, dataset, column)
        }
    }

    /// Tags what is suggested and as sure as the setting asks, 50 columns at once.
    func applyClassifications() async throws {
        let rows = try await connection.query(
            """
            SELECT k.dataset_id, k.column_id::bigint, k.entity, sluice.dataset_address(k.dataset_id), c.name
            FROM sluice.column_classification AS k
            JOIN sluice.dataset_column AS c ON c.dataset_id = k.dataset_id AND c.id = k.column_id
            WHERE k.state = 'suggested'
                AND k.confidence >= (SELECT s.auto_tag_above FROM sluice.classification_settings AS s)
            ORDER BY k.dataset_id, k.column_id LIMIT 50
            """)
        for row in rows {
            let (dataset, column): (Int64, Int64) = (try row.decode(at: 0), try row.decode(at: 1))
            let place: String = try row.decode(at: 3)
            let name: String = try row.decode(at: 4)
            guard let address = ColumnAddress("\(place).\(name)") else { continue }
            try await apply(try row.decode(at: 2), to: address, dataset, column)
        }
    }

    @inline(never)
    private func apply(_ entity: String, to address: ColumnAddress, _ dataset: Int64, _ column: Int64) async throws {
        _ = try await put(.columnClassification, at: "\(address)", .none) { _ in
            try await settle("applied", entity, true, address, dataset, column)
        }
    }

    /// Apart, since the optimiser of Swift 6.3.1 crashes where it is put into the closures that call it.
    @inline(never)
    private func settle(
        _ state: String, _ entity: String, _ bears: Bool, _ address: ColumnAddress, _ dataset: Int64, _ column: Int64
    ) async throws {
        try await setBearing(entity, bears, address, dataset, column)
        try await note(state, dataset, column)
    }

    private func note(_ state: String, _ dataset: Int64, _ column: Int64) async throws {
        try await connection.execute(
            """
            UPDATE sluice.column_classification
            SET state = \(state), decided_by = \(caller.name), decided_at = now(), version = version + 1
            WHERE dataset_id = \(dataset) AND column_id = \(column)
            """)
    }

    /// Gives a column the tag `name`, or takes it away, audited as a change of its tags. A tag that there is not is made:
    /// the names of entities are the program's, not anybody's choice.
    @inline(never)
    private func setBearing(
        _ name: String, _ bears: Bool, _ address: ColumnAddress, _ dataset: Int64, _ column: Int64
    ) async throws {
        if bears { try await makeTag(name) }
        guard let tag = try await id(of: name, in: "tag") else { return }
        let isBorne = try await connection.query(
            """
            SELECT EXISTS (SELECT FROM sluice.column_tag
                WHERE dataset_id = \(dataset) AND column_id = \(column) AND tag_id = \(tag))
            """)[0].decode(at: 0, as: Bool.self)
        guard isBorne != bears else { return }
        _ = try await put(.columnTags, at: "\(address)", .none) { _ in
            let names = try await tags(of: dataset, column).filter { $0 != name } + (bears ? [name] : [])
            try await replaceTags(of: dataset, column: column, by: names)
        }
    }

    private func makeTag(_ name: String) async throws {
        guard try await id(of: name, in: "tag") == nil else { return }
        _ = try await put(.tag, at: name, .none) { _ in
            try await connection.execute(
                "INSERT INTO sluice.tag (name, description) VALUES (\(name), 'Personal data, by classification')")
        }
    }

    private func tags(of dataset: Int64, _ column: Int64) async throws -> [String] {
        try await connection.query(
            """
            SELECT t.name FROM sluice.column_tag AS b JOIN sluice.tag AS t ON t.id = b.tag_id
            WHERE b.dataset_id = \(dataset) AND b.column_id = \(column) ORDER BY t.name
            """
        ).map { try $0.decode(at: 0) }
    }

    /// `POST /datasets/{…}/classify`: the dataset is due at once.
    public func wantClassification(_ address: DatasetAddress) async throws -> String {
        let dataset = try await managedDataset(at: address)
        try await connection.execute(
            """
            INSERT INTO sluice.dataset_classification (dataset_id, wanted_at) VALUES (\(dataset), clock_timestamp())
            ON CONFLICT (dataset_id) DO UPDATE SET wanted_at = clock_timestamp(), failure = NULL, failures = 0,
                next_at = least(dataset_classification.next_at, now())
            """)
        record("classify", "dataset \(address)", dataset: dataset, before: nil, after: nil, changesPolicy: false)
        return try await Classifications.body(of: dataset, on: connection)
    }

    private func managedDataset(at address: DatasetAddress) async throws -> Int64 {
        let dataset = try await visibleDataset(at: address)
        try caller.authority.require(.manage, on: dataset.domainID, dataset.id, called: "dataset \(address)")
        return dataset.id
    }

    /// `PUT /settings/classification`.
    public func putClassificationSettings(_ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try requirePlatform()
        let threshold = try Refusal.reading(body) { fields -> Double? in
            // Absent would be as if it had been switched off by mistake.
            guard let value = fields.raw("autoTagAbove") else {
                fields.reject("autoTagAbove", "is required: a number from 0.5 to 1, or null for never")
                return nil
            }
            let number = fields.optional("autoTagAbove", as: Double.self)
            if !value.isNull, let number, !(0.5...1).contains(number) {
                fields.reject("autoTagAbove", "must be from 0.5 to 1, or null for never")
            }
            return number
        }
        return try await put(.classificationSettings, at: "classification", precondition, isPolicy: true) { _ in
            try await connection.execute(
                "UPDATE sluice.classification_settings SET auto_tag_above = \(threshold), version = version + 1")
        }
    }
}

/// The classification of a dataset, for those who manage it.
public enum Classifications {
    /// Its state, and the verdicts by column.
    public static func read(
        _ address: DatasetAddress, for caller: Caller, on connection: Connection
    ) async throws -> String {
        let rows = try await connection.query(
            """
            SELECT ds.id, ds.domain_id FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id
            WHERE d.name = \(address.domain) AND ds.name = \(address.name)
            """)
        guard let row = rows.first else { throw Refusal.notFound("dataset \(address)") }
        let (id, domain): (Int64, Int64) = (try row.decode(at: 0), try row.decode(at: 1))
        guard caller.authority.allows(.describe, on: domain, id) else { throw Refusal.notFound("dataset \(address)") }
        try caller.authority.require(.manage, on: domain, id, called: "dataset \(address)")
        return try await body(of: id, on: connection)
    }

    static func body(of dataset: Int64, on connection: Connection) async throws -> String {
        try await connection.query("SELECT sluice.classification_body(\(dataset))::text")[0].decode(at: 0)
    }
}
