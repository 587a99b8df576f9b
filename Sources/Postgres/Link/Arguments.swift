/// Parameter values laid out as libpq wants them: one block of NUL-terminated texts.
struct Arguments: ~Copyable {
    private var block: [UInt8] = []
    /// Where each text begins in `block`; -1 is `NULL`.
    private var starts: [Int] = []
    private var types: [UInt32] = []

    /// The protocol counts parameters in 16 bits.
    static let maxCount = 65535

    /// - Throws: `.invalidStatement` on more than `maxCount` parameters or a NUL byte in a value, which Postgres's text
    ///   format cannot carry and which libpq would take for the value's end.
    init(_ parameters: [SQLParameter]) throws(PostgresError) {
        guard parameters.count <= Arguments.maxCount else {
            throw PostgresError(
                code: .invalidStatement, message: "\(parameters.count) parameters, more than \(Arguments.maxCount)")
        }
        starts.reserveCapacity(parameters.count)
        types.reserveCapacity(parameters.count)
        for (index, parameter) in parameters.enumerated() {
            types.append(parameter.typeOID)
            guard let text = parameter.text else {
                starts.append(-1)
                continue
            }
            guard !text.utf8.contains(0) else {
                throw PostgresError(code: .invalidStatement, message: "parameter \(index + 1) contains a NUL byte")
            }
            starts.append(block.count)
            block.append(contentsOf: text.utf8)
            block.append(0)
        }
    }

    /// Lends count, types and values for the length of one libpq call, which copies them.
    func withPointers<R>(
        _ body: (CInt, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?) -> R
    ) -> R {
        let count = starts.count
        return block.withUnsafeBytes { block in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: max(count, 1)) { values in
                for index in 0..<count {
                    let start = starts[index]
                    let value: UnsafePointer<CChar>? =
                        start < 0 ? nil : block.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) }
                    values.initializeElement(at: index, to: value)
                }
                return types.withUnsafeBufferPointer { types in
                    body(CInt(count), types.baseAddress, UnsafePointer(values.baseAddress))
                }
            }
        }
    }
}
