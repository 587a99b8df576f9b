/// Reads the two wire types of protocol buffers that a scan result is made of.
///
/// The bytes come from libpg_query in this process; what does not fit the format ends the reading.
struct ProtobufReader {
    enum Value {
        case number(Int)
        case bytes(UnsafeRawBufferPointer)
    }

    let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func next() -> (number: Int, value: Value)? {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0:
            guard let value = varint() else { return nil }
            return (tag >> 3, .number(value))
        case 2:
            guard let count = varint(), count >= 0, count <= bytes.count - offset else { return nil }
            defer { offset += count }
            return (tag >> 3, .bytes(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])))
        default:
            return nil
        }
    }

    private mutating func varint() -> Int? {
        var value = 0
        var shift = 0
        while offset < bytes.count, shift < 63 {
            let byte = bytes[offset]
            offset += 1
            value |= Int(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
        }
        return nil
    }
}
