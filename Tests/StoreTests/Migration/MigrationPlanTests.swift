import Testing

@testable import Store

@Suite struct MigrationPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var applied: [MigrationPlan.Applied] = []
        var pending: [String] = []
        var refusal: MigrationError.Code?
    }

    private static let known = ["m1", "m2", "m3"].map {
        EmbeddedMigration(database: "warehouse", name: $0, sql: "-- \($0)")
    }

    private static func row(_ name: String, release: Int = 5, edited: Bool = false) -> MigrationPlan.Applied {
        let checksum = EmbeddedMigration(database: "", name: name, sql: edited ? "" : "-- \(name)").checksum
        return MigrationPlan.Applied(name: name, checksum: checksum, release: release)
    }

    @Test(arguments: [
        Case(testDescription: "nothing applied: all, in order", pending: ["m1", "m2", "m3"]),
        Case(testDescription: "some applied: the rest", applied: [row("m1", release: 1)], pending: ["m2", "m3"]),
        Case(testDescription: "all applied: none", applied: [row("m1"), row("m2"), row("m3")]),
        Case(
            testDescription: "the next release has been here: none of its business",
            applied: [row("m1"), row("m2"), row("m3"), row("m4", release: 6)]),
        Case(
            testDescription: "the release after the next has been here: refused",
            applied: [row("m1"), row("m2"), row("m3"), row("m4", release: 6), row("m5", release: 7)],
            refusal: .databaseTooNew),
        Case(
            testDescription: "an applied one was edited: refused", applied: [row("m1", edited: true)],
            refusal: .checksumDiffers),
        Case(
            testDescription: "one slipped in before an applied one: refused", applied: [row("m1"), row("m3")],
            refusal: .outOfOrder),
    ])
    func whatIsDue(_ row: Case) {
        do throws(MigrationError) {
            let pending = try MigrationPlan.pending(known: MigrationPlanTests.known, applied: row.applied, release: 5)
            #expect(pending.map(\.name) == row.pending)
            #expect(row.refusal == nil)
        } catch {
            #expect(error.code == row.refusal)
            #expect(!error.hint.isEmpty)
        }
    }

    @Test func theProgramCarriesItsMigrationsInOrder() {
        for database in PlatformDatabase.allCases {
            let names = database.migrations.map(\.name)
            #expect(names == names.sorted())
            #expect(Set(names).count == names.count)
        }
        #expect(PlatformDatabase.warehouse.migrations.first?.isPrivileged == true)
        let folders = Set(EmbeddedMigration.all.map(\.database))
        #expect(folders.isSubset(of: PlatformDatabase.allCases.map(\.rawValue)))
    }
}
