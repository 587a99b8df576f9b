/// What a supervisor asks of its launcher; one packet each.
enum LauncherRequest: Hashable, Sendable {
    /// Start a job process. The packet carries the descriptor that becomes the process's fourth.
    case start(job: UInt64)
    /// Send a signal to the job's process group. Without effect once the job has ended.
    case signal(job: UInt64, number: Int32)
}

/// What a launcher reports; one packet each.
enum LauncherEvent: Hashable, Sendable {
    case started(job: UInt64, pid: Int32)
    /// It could not be started: an errno value.
    case refused(job: UInt64, errno: Int32)
    /// The job's process and every process of its group are gone.
    case ended(job: UInt64, JobEnd)
}

/// How a job process ended.
public struct JobEnd: Hashable, Sendable {
    /// By itself, or by a signal.
    public enum Way: Hashable, Sendable {
        case exited(status: Int32)
        case killed(signal: Int32)
    }

    public var way: Way
    /// The largest resident memory it had, in bytes.
    public var peakBytes: Int64

    public init(way: Way, peakBytes: Int64) {
        self.way = way
        self.peakBytes = peakBytes
    }
}

/// A message as it travels: four 64-bit integers in the machine's byte order, since both ends are this program.
struct LauncherPacket: Hashable, Sendable {
    static let byteCount = 32
    var kind: Int64
    var job: UInt64
    var value: Int64 = 0
    var extra: Int64 = 0

    init(_ request: LauncherRequest) {
        switch request {
        case .start(let job): (kind, self.job) = (1, job)
        case .signal(let job, let number): (kind, self.job, value) = (2, job, Int64(number))
        }
    }

    init(_ event: LauncherEvent) {
        switch event {
        case .started(let job, let pid): (kind, self.job, value) = (3, job, Int64(pid))
        case .refused(let job, let number): (kind, self.job, value) = (4, job, Int64(number))
        case .ended(let job, let end):
            switch end.way {
            case .exited(let status): (kind, self.job, value) = (5, job, Int64(status))
            case .killed(let signal): (kind, self.job, value) = (6, job, Int64(signal))
            }
            extra = end.peakBytes
        }
    }

    /// `nil` for bytes that are none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == LauncherPacket.byteCount else { return nil }
        let words = bytes.withUnsafeBytes { raw in
            (0..<4).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
        }
        kind = words[0]
        job = UInt64(bitPattern: words[1])
        value = words[2]
        extra = words[3]
    }

    var bytes: [UInt8] {
        [kind, Int64(bitPattern: job), value, extra].flatMap { word in withUnsafeBytes(of: word, Array.init) }
    }

    var request: LauncherRequest? {
        switch kind {
        case 1: .start(job: job)
        case 2: Int32(exactly: value).map { .signal(job: job, number: $0) }
        default: nil
        }
    }

    var event: LauncherEvent? {
        guard let value = Int32(exactly: value) else { return nil }
        switch kind {
        case 3: return .started(job: job, pid: value)
        case 4: return .refused(job: job, errno: value)
        case 5: return .ended(job: job, JobEnd(way: .exited(status: value), peakBytes: extra))
        case 6: return .ended(job: job, JobEnd(way: .killed(signal: value), peakBytes: extra))
        default: return nil
        }
    }
}
