internal import Catalog
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
            target: try unitTarget(target)
        ) { counts in
            reporter.progress(rows: RowCounts(counts).body, share: records?.progress)
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

    private func open() async throws -> SourceReader {
        let bounds = assignment.bounds
        switch (ingest.from, assignment.connection?.config) {
        case (.file(let file), .file(let folder)?):
            return try SourceReader.open(file, folder: bounds.place(folder.path), roots: bounds.fileRoots)
        case (.postgres(let table), .postgres(let server)?):
            return try await SourceReader.open(
                table, server: server, password: assignment.secret?["password"], policy: bounds.addressPolicy,
                on: group.loops[0],
                blocking: group.blocking)
        default:
            throw Refusal(
                .conflict,
                "the connection \(ingest.from.connection) is \(assignment.connection.map { "of kind \($0.kind.rawValue)" } ?? "gone")",
                hint: "Point the step at a connection of the kind that it reads.")
        }
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
