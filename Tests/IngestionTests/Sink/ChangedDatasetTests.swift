import Access
import Catalog
import JSON
import Postgres
import TestSupport
import Testing

@testable import Ingestion

/// Loads beside changes of the dataset: one waits for the other or is refused, and what follows is right.
@Suite(.timeLimit(.minutes(2))) struct ChangedDatasetTests {
    /// A session of the ingest role in the middle of a unit.
    private func loading(_ fixture: SinkFixture, run: Int64) async throws -> Connection {
        #expect(try await fixture.admit(epoch: 1, run: run))
        let job = try await fixture.open()
        try await job.script("BEGIN")
        try await job.execute("SELECT sluice.check_fence(1)")
        return job
    }

    @Test func aDatasetIsNotDeletedWhileARunLoadsIt() async throws {
        let fixture = try await SinkFixture.make(["id bigint"])
        let job = try await loading(fixture, run: 4711)
        let refusal = await #expect(throws: Refusal.self) {
            try await fixture.change { change, address in try await change.deleteDataset(address, .none) }
        }
        #expect(refusal?.code == .inUse)
        #expect(refusal?.detail.contains("run 4711") == true)
        try await job.script("COMMIT")
        await job.close()
        try await fixture.change { change, address in try await change.deleteDataset(address, .none) }
        let left = try await fixture.server.query(
            """
            SELECT (SELECT count(*) FROM pg_roles WHERE rolname = \(fixture.role))
                + (SELECT count(*) FROM pg_class WHERE relname ~ \("d\(fixture.datasetID)(_|$)"))
                + (SELECT count(*) FROM sluice.drift())
            """)
        #expect(try left[0].decode(at: 0, as: Int64.self) == 0)
    }

    @Test func columnsDoNotChangeWhileARunLoadsTheDataset() async throws {
        let fixture = try await SinkFixture.make(["id bigint"])
        let job = try await loading(fixture, run: 4711)
        for columns: JSONValue in [
            [["name": "id", "type": "bigint"], ["name": "name", "type": "text"]], [["name": "other", "type": "text"]],
        ] {
            let refusal = await #expect(throws: Refusal.self) {
                try await fixture.change { change, address in
                    _ = try await change.patchDataset(address, ["columns": columns], .none)
                }
            }
            #expect(refusal?.code == .inUse)
            #expect(refusal?.detail.contains("run 4711") == true)
        }
        await job.close()
    }

    @Test func aLoadIntoADeletedDatasetSaysThatItIsGone() async throws {
        let fixture = try await SinkFixture.make(["id bigint"])
        #expect(try await fixture.admit(epoch: 1))
        let session = try await fixture.open()
        try await session.execute("SELECT 1")
        try await fixture.change { change, address in try await change.deleteDataset(address, .none) }
        let failure = await #expect(throws: SinkFailure.self) {
            try await fixture.load("id\n1\n", .append, epoch: 1, in: session)
        }
        #expect(failure?.code == .datasetGone)
        await session.close()
    }

    @Test(arguments: LoadMode.allCases) func loadsGoOnAfterColumnsWereAddedAndDropped(_ mode: LoadMode) async throws {
        let fixture = try await SinkFixture.make(["id bigint", "name text", "old text"], key: ["id"])
        #expect(try await fixture.admit(epoch: 1))
        _ = try await fixture.load("id,name,old\n1,a,x\n", mode, epoch: 1)
        // The stage of this attempt has the old columns, and the next one's the new.
        #expect(try await fixture.admit(epoch: 2, run: 2))
        try await fixture.change { change, address in
            _ = try await change.patchDataset(
                address,
                [
                    "columns": [
                        ["name": "id", "type": "bigint", "nullable": false], ["name": "name", "type": "text"],
                        ["name": "new", "type": "integer"],
                    ]
                ], .none)
        }
        #expect(try await fixture.admit(epoch: 3, run: 3))
        let columns =
            fixture.columns.prefix(2) + [TargetColumn(name: "new", type: try ColumnType(parsing: "integer"))]
        let counts = try await fixture.load(
            "id,name,new\n2,b,7\nx,y,8\n", mode, epoch: 3, run: 3, columns: Array(columns))
        #expect(counts.written == 1 && counts.quarantined == 1)
        let rows = try await fixture.server.query(
            "SELECT concat_ws('|', id, name, new) FROM store.\(identifier: "d\(fixture.datasetID)") ORDER BY id"
        ).map { try $0.decode(at: 0, as: String.self) }
        #expect(rows == (mode == .replace ? ["2|b|7"] : ["1|a", "2|b|7"]))
        #expect(try await fixture.quarantine() == ["3|18|x,y,8\n|invalid_value|id"])
        #expect(try await fixture.server.query("SELECT * FROM sluice.drift()").count == 0)
    }
}
