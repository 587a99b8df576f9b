/// One life of a worker: a UUID made at its start, never a host name, so a successor on the host is another.
public struct WorkerIncarnation: Sendable, Hashable {
    /// Lower-case text form (RFC 9562).
    public var id: String
    /// For people.
    public var host: String
    /// Job processes at a time.
    public var slots: Int

    public init(id: String, host: String, slots: Int) {
        self.id = id
        self.host = host
        self.slots = slots
    }

    /// A fresh incarnation with a random id.
    public init(host: String, slots: Int) {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
        self.init(id: groups.joined(separator: "-"), host: host, slots: slots)
    }
}
