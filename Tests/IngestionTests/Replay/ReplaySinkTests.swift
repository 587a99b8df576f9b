import Catalog
import JSON
import Postgres
import TestSupport
import Testing

@testable import Ingestion

@Suite(.timeLimit(.minutes(2))) struct ReplaySinkTests {
    private static let columns = ["id bigint", "name text", "took interval"]
    private static let strict = [CheckSpec(name: "short", columns: ["name"], rule: .matches("^.$"))]

    @Test func aRowThatOnlyPostgresRefusesStaysAndTheOthersLoad() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 1))
        _ = try await fixture.load(
            "id,name,took\n0,a,\n1,ab,1 day\n2,cd,1 fortnightly\n3,ef,\n4,gh,no day\n", .append, epoch: 1,
            checks: Self.strict)
        #expect(try await fixture.admit(epoch: 2, run: 2))
        #expect(try await fixture.order(epoch: 2) == 4)
        let counts = try await fixture.replay(epoch: 2)
        #expect(counts.read == 4)
        #expect(counts.written == 2)
        #expect(counts.quarantined == 2)
        #expect(try await fixture.rows() == ["0|a", "1|ab|1 day", "3|ef"])
        let left = try await fixture.quarantine()
        #expect(left.map { $0.split(separator: "|").suffix(2) } == [["invalid_value", "took"], ["invalid_value", "took"]])
    }

    @Test func anAttemptReadsWhatItsOrderSaysAndNothingWithoutOne() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 1))
        _ = try await fixture.load("id,name,took\n0,a,\n1,ab,\n", .append, epoch: 1, checks: Self.strict)
        let session = try await fixture.open()
        func state(_ sql: SQL) async throws -> String? {
            do { _ = try await session.query(sql) } catch { return error.sqlState }
            return nil
        }
        // A load has no order, whatever it asks; nor has a later epoch, nor anybody else's table.
        #expect(try await state("SELECT * FROM sluice.replay_page(1, 0)") == "SL001")
        #expect(try await fixture.admit(epoch: 2, run: 2))
        #expect(try await fixture.order(epoch: 1) == nil)
        #expect(try await fixture.order(epoch: 2) == 1)
        #expect(try await state("SELECT * FROM sluice.replay_page(1, 0)") == "SL001")
        #expect(try await state("SELECT * FROM sluice.replay_page(2, 0)") == nil)
        #expect(try await state("SELECT bytes FROM sluice.quarantine") == "42501")
        #expect(try await state("SELECT * FROM sluice.replay") == "42501")
        #expect(try await state("SELECT sluice.replay_of(2)") == "42501")
        #expect(try await state("SELECT sluice.drop_records(2, '{999999}')") == "SL001")
        await session.close()
    }

    @Test func anOvertakenReplayCommitsNothing() async throws {
        let fixture = try await SinkFixture.make(Self.columns)
        #expect(try await fixture.admit(epoch: 1))
        _ = try await fixture.load("id,name,took\n0,a,\n1,ab,\n", .append, epoch: 1, checks: Self.strict)
        #expect(try await fixture.admit(epoch: 2, run: 2))
        #expect(try await fixture.order(epoch: 2) == 1)
        #expect(try await fixture.raise(epoch: 3, run: 3))
        let failure = await #expect(throws: SinkFailure.self) { try await fixture.replay(epoch: 2) }
        #expect(failure?.code == .fenced)
        #expect(try await fixture.rows() == ["0|a"])
        #expect(try await fixture.quarantine().count == 1)
    }
}

extension SinkFixture {
    /// Orders a replay of everything, as the supervisor does.
    fileprivate func order(epoch: Int64) async throws -> Int? {
        // The pipeline of the fixture's loads is in no catalog.
        try await server.execute(
            """
            INSERT INTO sluice.pipeline (id, domain_id, name, spec, run_as_id)
            SELECT 7, d.domain_id, 'samples', '{}', (SELECT id FROM sluice.principal WHERE name = 'admin')
            FROM sluice.dataset AS d ON CONFLICT DO NOTHING
            """)
        return try await server.query(
            """
            SELECT sluice.begin_replay(
                ROW(\(datasetID), \(epoch), 7, 'load', \(Int64.max), NULL, NULL, NULL)::sluice.replay, 2, 'admin',
                'lab.samples', '{}', 1, 'test')
            """)[0].decode(at: 0)
    }

    /// Replays without the checks of the load.
    fileprivate func replay(epoch: Int64) async throws -> RowCounts {
        let spec = try PipelineSpec.parse([
            "steps": [
                [
                    "name": "load",
                    "ingest": [
                        "from": ["connection": "files", "path": "a.csv"],
                        "to": ["dataset": "lab.samples", "mode": "append"],
                    ],
                ]
            ]
        ])
        let connection = try await open()
        let unit = LoadUnit(
            run: 2, step: "load", name: "quarantine", epoch: epoch, principal: "admin", policyVersion: 1, pipeline: 7,
            pipelineAddress: "lab.samples")
        let target = UnitTarget(
            datasetID: datasetID, address: Self.address, columns: columns, primaryKey: primaryKey, mode: .append)
        let ingest = spec.steps[0].ingest
        let counts = try await TestLoops.run(on: connection.loop) {
            try await ReplaySink(connection: connection, unit: unit, target: target) { _ in }.replay(ingest)
        }
        await connection.close()
        return counts
    }
}
