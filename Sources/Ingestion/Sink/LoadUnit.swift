public import Catalog
public import JSON
import Postgres

/// One file or one table, as one attempt of a run's step loads it.
public struct LoadUnit: Sendable, Hashable {
    /// The id in the queue.
    public var run: Int64
    public var step: String
    /// A path, or a table's name: what tells the units of a step apart.
    public var name: String
    /// Of the attempt; the dataset's fence holds the highest.
    public var epoch: Int64
    /// The principal the pipeline runs as: who, in the audit, brought the rows.
    public var principal: String
    /// Under which it is loaded, for the audit.
    public var policyVersion: Int64
    /// The step's pipeline, for the records that it leaves in quarantine.
    public var pipeline: Int64
    /// Its `domain.name`.
    public var pipelineAddress: String

    public init(
        run: Int64, step: String, name: String, epoch: Int64, principal: String, policyVersion: Int64, pipeline: Int64,
        pipelineAddress: String
    ) {
        self.run = run
        self.step = step
        self.name = name
        self.epoch = epoch
        self.principal = principal
        self.policyVersion = policyVersion
        self.pipeline = pipeline
        self.pipelineAddress = pipelineAddress
    }

    /// The last statement of the unit's transaction: holds the fence, and says what became of the rows.
    func finish(_ counts: RowCounts, in target: UnitTarget) -> SQL {
        """
        SELECT sluice.finish_unit(\(epoch), \(run), \(step), \(name),
            \(String(decoding: counts.body.encoded(), as: UTF8.self))::jsonb, \(principal),
            \("\(target.address)"), \(policyVersion))
        """
    }
}

/// The dataset a unit goes into, as its ingest role sees it.
public struct UnitTarget: Sendable, Hashable {
    /// The id in `sluice.dataset`, which names the table.
    public var datasetID: Int64
    public var address: DatasetAddress
    /// Those the rows have, in the order of the rows. Others of the dataset become NULL.
    public var columns: [TargetColumn]
    public var primaryKey: [String]
    public var mode: LoadMode
    /// 0 to 1.
    public var maxQuarantinedShare: Double

    public init(
        datasetID: Int64, address: DatasetAddress, columns: [TargetColumn], primaryKey: [String], mode: LoadMode,
        maxQuarantinedShare: Double = 1
    ) {
        self.datasetID = datasetID
        self.address = address
        self.columns = columns
        self.primaryKey = primaryKey
        self.mode = mode
        self.maxQuarantinedShare = maxQuarantinedShare
    }

    /// Of direct loads.
    var quarantineTable: String { "sluice.quarantine_d\(datasetID)" }
    var table: String { "store.\(tableName)" }
    /// As error contexts name it.
    var tableName: String { "d\(datasetID)" }
}
