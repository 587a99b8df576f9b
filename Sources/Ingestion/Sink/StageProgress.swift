internal import JSON
import Postgres

/// After how much a staged load commits what it has, for a later attempt to go on from there.
public struct StageChunk: Sendable, Hashable {
    /// Bytes for COPY, about.
    public var bytes: Int
    /// From one commit of a chunk to the next.
    public var time: Duration

    /// Beside a load in one chunk no difference was measured (decision 12).
    public static let standard = StageChunk(bytes: 16 << 20, time: .seconds(5))

    public init(bytes: Int, time: Duration) {
        self.bytes = bytes
        self.time = time
    }
}

/// What a staged load tells of how it begins.
public enum StageNote: Sendable, Hashable {
    /// An earlier attempt has staged what lies before this byte; with `readsAgain` that is read, but not staged, again.
    case goesOn(byteOffset: Int, rows: Int, readsAgain: Bool)
    /// What an earlier attempt has staged is of no use, for this reason.
    case beginsAnew(StageHindrance)
}

/// Why a load cannot go on with a stage.
public enum StageHindrance: String, Sendable, CaseIterable {
    case sourceChanged = "the file is not the one that was read before"
    case planChanged = "columns, checks or the program have changed"
    case sourceOfOneMoment = "the source is read as it is at another moment"
    case unreadable = "what was noted of it cannot be used"
}

/// What an attempt of the unit has left in its stage.
struct StageProgress {
    var source: String?
    var plan: String
    /// `nil`: not to be understood.
    var state: State?

    struct State {
        var position: ReadingPosition
        /// The first records in quarantine, for a failure's message.
        var examples: [RowFault]
        /// Rows that Postgres has refused.
        var refused: [RowFault]
    }

    /// `nil` when the attempt's stage is empty.
    static func read(epoch: Int64, on connection: Connection) async throws -> StageProgress? {
        let row = try await connection.query("SELECT source, plan, state::text FROM sluice.read_stage(\(epoch))")[0]
        guard let state = try row.decode(at: 2, as: String?.self) else { return nil }
        return StageProgress(
            source: try row.decode(at: 0), plan: try row.decode(at: 1, as: String?.self) ?? "",
            state: State(try JSONValue.parse(state)))
    }
}

extension StageProgress.State {
    init?(_ json: JSONValue) {
        guard let position = json["position"].flatMap({ ReadingPosition($0) }),
            let examples = json["examples"]?.arrayValue, let refused = json["refused"]?.arrayValue
        else { return nil }
        self.init(
            position: position, examples: examples.compactMap { RowFault($0) },
            refused: refused.compactMap { RowFault($0) })
    }

    var json: JSONValue {
        [
            "position": position.json, "examples": .array(examples.map(\.json)), "refused": .array(refused.map(\.json)),
        ]
    }
}
