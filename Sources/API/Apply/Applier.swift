import Access
import Catalog
import JSON
import Postgres
import Scheduling

/// Applies documents within one change: each through the operation of its kind, those that change nothing not at all.
struct Applier {
    let change: Change
    let secrets: SecretBox
    /// By the documents' indices: the object before the change, and its id after.
    private var objects: [Int: (before: Document?, id: Int64)] = [:]

    init(_ change: Change, sealing secrets: SecretBox) {
        self.change = change
        self.secrets = secrets
    }

    /// Applies `documents`, which may come in any order, and says in theirs what became of each.
    mutating func apply(_ documents: [ApplyDocument]) async throws -> [AppliedChange] {
        for kind in ApplyKind.allCases {
            for document in documents where document.kind == kind { try await apply(document) }
            guard kind == .principal else { continue }
            // Principals and groups name each other: groups get their members when both are there.
            for document in documents where document.kind == .group {
                try await located(document) { try await $0.putGroup(document.address, document.value, .none) }
            }
        }
        let after = try await states(of: documents)
        return try documents.map { document in
            guard let object = objects[document.index], let state = after[object.id] else {
                throw Refusal.notFound("\(document.kind.objectKind.noun) \(document.address)")
            }
            return try AppliedChange(document, before: object.before, after: state)
        }
    }

    /// The objects of all documents as they are now, by id: one reading for each kind.
    private func states(of documents: [ApplyDocument]) async throws -> [Int64: Document] {
        var states: [Int64: Document] = [:]
        for kind in ApplyKind.allCases {
            let ids = documents.filter { $0.kind == kind }.compactMap { objects[$0.index]?.id }
            guard !ids.isEmpty else { continue }
            let found = try await Document.select(
                kind.objectKind, where: "id = ANY (\(ids))", limit: ids.count, on: change.connection)
            for state in found { states[state.id] = state }
        }
        return states
    }

    private mutating func apply(_ document: ApplyDocument) async throws {
        let (name, body) = (document.address, document.value)
        switch document.kind {
        case .tag: try await located(document) { try await $0.putTag(name, body, .none) }
        case .purpose: try await located(document) { try await $0.putPurpose(name, body, .none) }
        case .group: try await applyGroupItself(document)
        case .principal: try await applyPrincipal(document)
        case .domain: try await located(document) { try await $0.putDomain(name, body, .none) }
        case .dataset: try await applyDataset(document)
        case .mask: try await located(document) { try await $0.putMask(name, body, .none) }
        case .rowFilter: try await located(document) { try await $0.putRowFilter(name, body, .none) }
        case .denyRule: try await located(document) { try await $0.putDenyRule(name, body, .none) }
        case .grant: try await located(document) { try await $0.makeGrant(body) }
        case .policyTest:
            try await located(document) {
                try await $0.putPolicyTest(name, body, .none, nextRun: Schedule.nextRun)
            }
        case .connection:
            try await located(document) { [secrets] change in
                try await change.putConnection(try ConnectionAddress.path(name), body, .none, sealing: secrets)
            }
        case .pipeline:
            try await located(document) { change in
                try await change.putPipeline(
                    try PipelineAddress.path(name), body, .none, syntaxFaults: PipelineSyntax.faults)
            }
        }
    }

    /// Makes a group that is not there, without members; one that is there is only remembered as it was.
    private mutating func applyGroupItself(_ document: ApplyDocument) async throws {
        if let before = try await Document.read(.group, at: document.address, on: change.connection) {
            objects[document.index] = (before, before.id)
            return
        }
        var body = document.body
        if body["members"]?.arrayValue != nil { body["members"] = nil }
        try await located(document) { try await $0.putGroup(document.address, .object(body), .none) }
    }

    private mutating func applyPrincipal(_ document: ApplyDocument) async throws {
        var body = document.body
        if !body.contains("kind"),
            try await Document.read(.principal, at: document.address, on: change.connection) == nil
        {
            body["kind"] = .string(PrincipalKind.user.rawValue)
        }
        try await located(document) { try await $0.putPrincipal(document.address, .object(body), .none) }
    }

    private mutating func applyDataset(_ document: ApplyDocument) async throws {
        let visible = try await Document.select(
            .dataset,
            where: ObjectKind.dataset.condition(address: document.address)
                + " AND \(raw: change.caller.visible(.dataset))", limit: 1, on: change.connection)
        guard let current = visible.first, let address = DatasetAddress(document.address) else {
            return try await located(document) { try await $0.makeDataset(document.value) }
        }
        let state = try current.body()
        let difference: DatasetDifference
        do {
            difference = try DatasetDifference(from: state, to: document.body)
        } catch {
            throw document.locating(error)
        }
        try await located(document) { try await $0.patchDataset(address, .object(difference.patch), .none) }
        for tags in difference.tags {
            guard let column = ColumnAddress("\(address).\(tags.column)") else { continue }
            try await located(document, under: tags.pointer) {
                try await $0.putColumnTags(column, tags.tags, .none)
            }
        }
    }

    /// Runs an operation of the document, keeps it if it changes something, and tells where in the document it failed.
    private mutating func located(
        _ document: ApplyDocument, under pointer: String = "", _ operation: (Change) async throws -> Change.Outcome
    ) async throws {
        do {
            let outcome = try await change.keepingDifferences { try await operation(change) }
            if objects[document.index] == nil { objects[document.index] = (outcome.before, outcome.document.id) }
        } catch let refusal as Refusal {
            throw document.locating(refusal, under: pointer)
        }
    }
}
