import Access
import Catalog
import SQLSyntax

/// What the audit says of an ad-hoc statement: the datasets that it names, and of each the columns that it may have read.
struct QuerySubject {
    /// Datasets whose columns are looked up; of those beyond, the audit says `domain.dataset.*`.
    static let maxDatasets = 50

    let reading: ReadingStatement
    let caller: Caller

    init(_ reading: ReadingStatement, _ caller: Caller) {
        self.reading = reading
        self.caller = caller
    }

    /// - Parameters:
    ///   - surface: As the audit calls it.
    ///   - sources: Knows the columns that the caller is granted.
    func subject(on surface: String, _ sources: DatasetSources) async throws -> ReadEntry.Subject {
        var datasets: [String] = []
        var columns: [String] = []
        for relation in reading.relations {
            // Without a schema it is a table of the catalogs: no principal has anything in its search path.
            guard let schema = relation.schema else { continue }
            let address = "\(schema).\(relation.name)"
            let known = datasets.count < Self.maxDatasets ? try await grantedColumns(of: address, sources) : nil
            let used = datasets.count < Self.maxDatasets ? reading.columns(of: relation, among: known) : ["*"]
            datasets.append(address)
            columns += used.map { "\(address).\($0)" }
        }
        return ReadEntry.Subject(
            principal: caller.name, actingFor: caller.purpose, surface: surface, datasets: datasets, columns: columns,
            policyVersion: caller.policyVersion)
    }

    /// `nil`: not known to the caller, whose own audit must not tell more than the caller wrote.
    private func grantedColumns(of address: String, _ sources: DatasetSources) async throws -> [String]? {
        do {
            return try await sources.source(named: address, for: caller).grantedColumns
        } catch let refusal as Refusal where refusal.code != .internalError {
            return nil
        }
    }
}
