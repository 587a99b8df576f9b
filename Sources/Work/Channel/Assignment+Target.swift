public import Catalog
internal import JSON

extension Assignment {
    /// Where and as what to write.
    public struct Target: Sendable {
        public var session: TargetSession
        /// Its id in `warehouse`.
        public var dataset: Int64
        /// As of now.
        public var address: DatasetAddress
        /// In the dataset's order.
        public var columns: [Column]
        public var primaryKey: [String]
        public var fencing: Fencing
        /// For `replay`: how many records there are.
        public var records: Int

        public init(
            session: TargetSession, dataset: Int64, address: DatasetAddress, columns: [Column], primaryKey: [String],
            fencing: Fencing, records: Int = 0
        ) {
            self.session = session
            self.dataset = dataset
            self.address = address
            self.columns = columns
            self.primaryKey = primaryKey
            self.fencing = fencing
            self.records = records
        }
    }

    /// A column of the dataset; `type` in the catalog's spelling.
    public struct Column: Sendable, Hashable {
        public var name: String
        public var type: String
        public var isNullable: Bool

        public init(name: String, type: String, isNullable: Bool) {
            self.name = name
            self.type = type
            self.isNullable = isNullable
        }
    }

    /// What the commit is decided and recorded by.
    public struct Fencing: Sendable, Hashable {
        /// The claim's, to which the fence was raised.
        public var epoch: Int64
        /// Its id in `control`.
        public var run: Int64
        public var step: String
        public var unit: String
        /// As whom the pipeline runs.
        public var principal: String
        /// The policy's epoch at which the principal's rights were checked.
        public var policyVersion: Int64
        /// The step's, and its address.
        public var pipeline: Int64
        public var pipelineAddress: String

        public init(
            epoch: Int64, run: Int64, step: String, unit: String, principal: String, policyVersion: Int64,
            pipeline: Int64, pipelineAddress: String
        ) {
            self.epoch = epoch
            self.run = run
            self.step = step
            self.unit = unit
            self.principal = principal
            self.policyVersion = policyVersion
            self.pipeline = pipeline
            self.pipelineAddress = pipelineAddress
        }
    }
}

extension Assignment.Target {
    var json: JSONValue {
        [
            "session": session.json, "dataset": JSONValue(dataset), "address": .string("\(address)"),
            "columns": .array(
                columns.map {
                    ["name": .string($0.name), "type": .string($0.type), "isNullable": .bool($0.isNullable)]
                }),
            "primaryKey": JSONValue(primaryKey), "epoch": JSONValue(fencing.epoch), "run": JSONValue(fencing.run),
            "step": .string(fencing.step),
            "unit": .string(fencing.unit), "principal": .string(fencing.principal),
            "policyVersion": JSONValue(fencing.policyVersion), "pipeline": JSONValue(fencing.pipeline),
            "pipelineAddress": .string(fencing.pipelineAddress), "records": JSONValue(records),
        ]
    }

    init(_ fields: inout JSONFields) {
        session = fields.object("session") { TargetSession(&$0) }
        dataset = Int64(fields.required("dataset", as: Int.self))
        address = DatasetAddress(fields.required("address", as: String.self)) ?? DatasetAddress(domain: "", name: "")
        primaryKey = fields.required("primaryKey")
        columns = fields.objects("columns") {
            Assignment.Column(
                name: $0.required("name"), type: $0.required("type"), isNullable: $0.required("isNullable"))
        }
        fencing = Assignment.Fencing(
            epoch: Int64(fields.required("epoch", as: Int.self)), run: Int64(fields.required("run", as: Int.self)),
            step: fields.required("step"), unit: fields.required("unit"), principal: fields.required("principal"),
            policyVersion: Int64(fields.required("policyVersion", as: Int.self)),
            pipeline: Int64(fields.required("pipeline", as: Int.self)),
            pipelineAddress: fields.required("pipelineAddress"))
        records = fields.required("records")
    }
}
