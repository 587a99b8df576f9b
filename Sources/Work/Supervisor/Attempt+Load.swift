internal import Access
internal import Catalog
internal import HTTPServer
internal import Ingestion
internal import JSON
internal import Scheduling

extension Attempt {
    /// Does what the claim is for, unless an earlier attempt has done so, and returns its counters.
    func work() async throws -> JSONValue {
        try checkStop()
        if let (order, document) = try claim.pipeline.replay() {
            let (spec, step) = try self.step(of: document)
            return try await replay(order, spec, step)
        }
        let (spec, step) = try self.step(of: claim.pipeline.spec)
        return try await load(spec, step)
    }

    private func step(of document: JSONValue) throws -> (PipelineSpec, StepSpec) {
        let spec = try PipelineSpec.parse(document)
        guard let step = spec.steps.first(where: { $0.name == claim.step }) else {
            throw Refusal(.notFound, "the pipeline has no step \(claim.step)")
        }
        return (spec, step)
    }

    private func load(_ spec: PipelineSpec, _ step: StepSpec) async throws -> JSONValue {
        let origin = try await context.warehouse.origin(of: step.ingest.from.connection, pipeline: claim.pipeline.id)
        let work = Work(spec: spec, step: step, origin: origin)
        var dataset = try await settledDataset(work)
        // A second round only when the source has columns that the dataset lacks, which are then added.
        for isLast in [false, true] {
            switch try await loadOnce(work, into: dataset) {
            case .loaded(let rows): return rows
            case .failed(let failure): throw failure
            case .columnsDiffer(let failure):
                if isLast { throw failure }
                let columns = try await inspect(work)
                guard let grown = try await grow(dataset, by: columns, work) else { throw failure }
                dataset = grown
            }
        }
        preconditionFailure("the second round returns or throws")
    }

    struct Work {
        var spec: PipelineSpec
        var step: StepSpec
        var origin: Origin
        /// `nil`: it loads.
        var replay: ReplayOrder?
        var ingest: IngestSpec { step.ingest }

        /// Whether rows reach the dataset by a stage, or may.
        var hasStage: Bool { ingest.mode == .upsert || replay != nil }

        /// What tells the units of a step apart: it has one.
        var unit: String { replay != nil ? "quarantine" : ingest.from.path }
    }

    enum Loaded {
        case loaded(JSONValue)
        case failed(JobFailure)
        /// Before anything was written, and columns may be added.
        case columnsDiffer(JobFailure)
    }

    // MARK: The dataset

    /// The dataset, made when it is missing, with the declared columns.
    private func settledDataset(_ work: Work) async throws -> LoadedDataset {
        let address = work.ingest.dataset
        if let found = try await context.warehouse.dataset(at: address) {
            try await context.warehouse.require(.write, of: work.origin.runAs, on: found)
            try found.checkKey(work.ingest)
            return try await grow(found, by: work.ingest.columns ?? [], work) ?? found
        }
        let columns: [DeclaredColumn]
        if let declared = work.ingest.columns { columns = declared } else { columns = try await inspect(work) }
        try checkStop()
        try await context.warehouse.makeDataset(
            address, columns, key: work.ingest.key, by: work.origin.runAs, run: claim.run.value)
        note(.info, "the dataset was made", ["dataset": .string("\(address)"), "columns": JSONValue(columns.count)])
        guard let made = try await context.warehouse.dataset(at: address) else {
            throw Refusal.notFound("dataset \(address)")
        }
        try made.checkKey(work.ingest)
        return made
    }

    /// Adds those of `columns` that the dataset lacks; `nil` when there is nothing to add, or it may not be.
    func grow(
        _ dataset: LoadedDataset, by columns: [DeclaredColumn], _ work: Work
    ) async throws -> LoadedDataset? {
        let new = columns.filter { column in !dataset.columns.contains { $0.name == column.name } }
        guard !new.isEmpty, work.ingest.onNewColumn == .add else { return nil }
        try await context.warehouse.addColumns(new, to: dataset, by: work.origin.runAs, run: claim.run.value)
        note(.info, "columns were added to the dataset", ["columns": JSONValue(new.map(\.name))])
        return try await context.warehouse.dataset(at: dataset.address)
    }

    private func inspect(_ work: Work) async throws -> [DeclaredColumn] {
        switch try await runJob(assignment(.inspect, work)) {
        case .inspection(let columns):
            return try columns.map { DeclaredColumn(name: $0.name, type: try ColumnType(parsing: $0.type)) }
        case .failure(let failure): throw failure
        default: throw JobDeath(how: "it did not report what it was asked for")
        }
    }

    private func assignment(_ kind: Assignment.Kind, _ work: Work, _ target: Assignment.Target? = nil) -> Assignment {
        Assignment(
            kind: kind, spec: work.spec, step: work.step, connection: work.origin.connection,
            secret: work.origin.secret, bounds: context.bounds, target: target)
    }

    // MARK: The unit

    func loadOnce(_ work: Work, into dataset: LoadedDataset) async throws -> Loaded {
        try checkStop()
        let epoch = claim.epoch.value
        let role = try await context.warehouse.openIngest(dataset, epoch: epoch, run: claim.run.value)
        // Only now: an earlier attempt could have committed up to the moment its fence was raised over.
        let key = UnitKey(run: claim.run.value, step: work.step.name, unit: work.unit)
        if let rows = try await context.warehouse.result(of: key) {
            note(.info, "an earlier attempt had loaded the rows already")
            return .loaded(rows)
        }
        if work.hasStage { try await takeStage(dataset.id, role, key) }
        var target = Assignment.Target(
            session: context.warehouse.session(role: role, epoch: epoch), dataset: dataset.id,
            address: dataset.address, columns: dataset.columns, primaryKey: dataset.primaryKey,
            fencing: Assignment.Fencing(
                epoch: epoch, run: key.run, step: key.step, unit: key.unit, principal: work.origin.runAs,
                policyVersion: try await context.warehouse.policyVersion(), pipeline: claim.pipeline.id,
                pipelineAddress: claim.pipeline.address))
        if let order = work.replay {
            target.records = try await context.warehouse.beginReplay(
                order, of: dataset, pipeline: claim.pipeline.id, target.fencing)
            note(.info, "records of quarantine are read again", ["records": JSONValue(target.records)])
        }
        hasSession((dataset.id, role))
        defer { hasSession(nil) }
        let ended: Result<JobReport, any Error>
        let kind: Assignment.Kind = work.replay == nil ? .load : .replay
        do { ended = .success(try await runJob(assignment(kind, work, target))) } catch { ended = .failure(error) }
        if work.hasStage, isStageDone(ended) { await dropStage(dataset.id) }
        switch ended {
        case .success(.result(let rows)): return .loaded(rows)
        case .success(.failure(let failure)):
            let mayGrow =
                work.replay == nil && work.ingest.onNewColumn == .add
                && failure.code == SourceFailure.Code.columnsDiffer.rawValue
            return mayGrow ? .columnsDiffer(failure) : .failed(failure)
        case .success: throw JobDeath(how: "it did not report what it was asked for")
        case .failure(let error):
            // It may have committed in its last moment; afterwards nobody can.
            try await context.warehouse.endSessions(role: role, epoch: epoch)
            guard let rows = try await context.warehouse.result(of: key) else { throw error }
            if work.hasStage { await dropStage(dataset.id) }
            return .loaded(rows)
        }
    }

    // MARK: The stage

    private func takeStage(_ dataset: Int64, _ role: String, _ key: UnitKey) async throws {
        switch try await context.warehouse.takeStage(dataset, role: role, epoch: claim.epoch.value, of: key) {
        case .new, .resumed: break
        case .lost: note(.warning, "the load begins anew: what was staged went with a crash of Postgres")
        case .changed: note(.info, "the load begins anew: the columns of the dataset have changed")
        }
    }

    /// Whether no later attempt goes on with what is staged: it is applied, or will not be.
    private func isStageDone(_ ended: Result<JobReport, any Error>) -> Bool {
        switch ended {
        case .success(.result): true
        case .success(.failure(let failure)): !failure.isRetryable
        case .success: false
        case .failure: stop == .cancelled
        }
    }

    private func dropStage(_ dataset: Int64) async {
        do {
            try await context.warehouse.dropStage(dataset, epoch: claim.epoch.value)
        } catch {
            // The leader drops it when it has been idle for a day.
            logger.debug("a stage was left", ["error": "\(error)"])
        }
    }
}

extension LoadedDataset {
    /// An upsert goes by the dataset's own key, so the step's must be the same.
    func checkKey(_ ingest: IngestSpec) throws {
        guard ingest.mode == .upsert, Set(ingest.key) != Set(primaryKey) else { return }
        let own =
            primaryKey.isEmpty ? "has no primary key" : "has the primary key (\(primaryKey.joined(separator: ", ")))"
        throw Refusal(
            .conflict, "dataset \(address) \(own), the step's is (\(ingest.key.joined(separator: ", ")))",
            hint: "Give the step the dataset's key, or load another dataset.")
    }
}
