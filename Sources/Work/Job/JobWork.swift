internal import Catalog
internal import Cryptography
internal import EventLoop
internal import Ingestion
internal import JSON
internal import Postgres

/// What a job process does once it is confined: reads the source, and brings what it finds into the dataset.
struct JobWork {
    let assignment: Assignment
    /// Of the dataset's ingest role; `nil` for an inspection.
    let connection: Connection?
    let reporter: JobReporter
    let group: EventLoopGroup

    private var ingest: IngestSpec { assignment.step.ingest }

    func run() async throws -> JobReport {
        switch (assignment.kind, assignment.target, connection) {
        case (.inspect, _, _):
            let source = try await open()
            let columns = try await Inspection.columns(of: source, declared: ingest.columns)
            await source.close()
            return .inspection(columns: columns.map { InspectedColumn(name: $0.name, type: "\($0.type)") })
        case (.load, let target?, let connection?): return .result(rows: try await load(target, connection))
        case (.replay, let target?, let connection?): return .result(rows: try await replay(target, connection))
        case (.load, _, _), (.replay, _, _): throw Refusal(.internalError, "an assignment to load without a target")
        }
    }

    private func load(_ target: Assignment.Target, _ connection: Connection) async throws -> JSONValue {
        // The pipeline of the moment: it begins again where Postgres refuses a row.
        var records: RecordPipeline?
        let sink = UnitSink(
            connection: connection, unit: LoadUnit(target.fencing),
            target: try unitTarget(target), plan: planDigest(target)
        ) { counts in
            reporter.progress(rows: RowCounts(counts).body, share: records?.progress)
        } note: {
            tell($0)
        }
        let counts = try await sink.load { plan in
            var plan = plan
            plan.declared = ingest.columns
            plan.checks = ingest.checks
            plan.onTypeError = ingest.onTypeError
            plan.onNewColumn = ingest.onNewColumn
            let source = try await open()
            let pipeline = try RecordPipeline(source, plan)
            records = pipeline
            return pipeline
        }
        return counts.body
    }

    private func replay(_ target: Assignment.Target, _ connection: Connection) async throws -> JSONValue {
        let sink = ReplaySink(connection: connection, unit: LoadUnit(target.fencing), target: try unitTarget(target)) {
            reporter.progress(rows: $0.body, share: Double($0.read) / Double(max(target.records, 1)))
        }
        return try await sink.replay(ingest).body
    }

    private func unitTarget(_ target: Assignment.Target) throws -> UnitTarget {
        UnitTarget(
            datasetID: target.dataset, address: target.address,
            columns: try target.columns.map {
                TargetColumn(name: $0.name, type: try ColumnType(parsing: $0.type), isNullable: $0.isNullable)
            },
            primaryKey: target.primaryKey, mode: ingest.mode, maxQuarantinedShare: ingest.maxQuarantinedShare)
    }

    /// Of all that decides how records become rows, this very program included.
    private func planDigest(_ target: Assignment.Target) -> String {
        let document: JSONValue = [
            "program": .string(ProgramFile.mark()), "spec": assignment.spec.json, "step": .string(assignment.step.name),
            "columns": .array(target.columns.map { [.string($0.name), .string($0.type), .bool($0.isNullable)] }),
        ]
        return Hex.encode(SHA256.hash(document.encoded()))
    }

    /// Says in the run's log what became of an earlier attempt's stage.
    private func tell(_ note: StageNote) {
        switch note {
        case .goesOn(let offset, let rows, let readsAgain):
            let how = readsAgain ? ", after reading what comes before again for its unique checks" : ""
            reporter.log(
                "info", "the load resumes at byte \(offset)\(how)",
                ["byteOffset": JSONValue(offset), "rows": JSONValue(rows), "readsAgain": .bool(readsAgain)])
        case .beginsAnew(let why):
            reporter.log("info", "the load begins anew: \(why.rawValue)")
        }
    }

    private func open() async throws -> SourceReader {
        guard let connection = assignment.connection,
            let source = ConnectedSource(ingest.from, through: connection.config)
        else {
            throw Refusal(
                .conflict,
                "the connection \(ingest.from.connection) is \(assignment.connection.map { "of kind \($0.kind.rawValue)" } ?? "gone")",
                hint: "Point the step at a connection of the kind that it reads.")
        }
        return try await SourceReader.open(
            source, with: SourceAccess(secret: assignment.secret, bounds: assignment.bounds), group: group)
    }
}

extension LoadUnit {
    init(_ fencing: Assignment.Fencing) {
        self.init(
            run: fencing.run, step: fencing.step, name: fencing.unit, epoch: fencing.epoch,
            principal: fencing.principal, policyVersion: fencing.policyVersion, pipeline: fencing.pipeline,
            pipelineAddress: fencing.pipelineAddress)
    }
}
