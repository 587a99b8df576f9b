/// `domain.name` of an object that a domain owns. `Object` only tells the kinds apart: a connection's address does not pass
/// for a pipeline's.
public struct ObjectAddress<Object>: Sendable, Hashable, CustomStringConvertible {
    public var domain: String
    public var name: String

    public init(domain: String, name: String) {
        self.domain = domain
        self.name = name
    }

    /// Reads `domain.name`; `nil` when it is not two names.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        let bytes = text.utf8
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let name = text[bytes.index(after: dot)...]
        guard dot > text.startIndex, !name.isEmpty, !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        self.init(domain: String(text[..<dot]), name: String(name))
    }

    public var description: String { "\(domain).\(name)" }
}

/// What the address of a dataset leads to.
public enum AddressedDataset {}
/// `domain.dataset`.
public typealias DatasetAddress = ObjectAddress<AddressedDataset>
/// `domain.name` of a connection.
public typealias ConnectionAddress = ObjectAddress<ConnectionSpec>
/// `domain.name` of a pipeline.
public typealias PipelineAddress = ObjectAddress<PipelineSpec>

/// `domain.dataset.column`.
public struct ColumnAddress: Sendable, Hashable, CustomStringConvertible {
    public var dataset: DatasetAddress
    public var column: String

    /// Reads `domain.dataset.column`; `nil` when it is not three names.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        dataset = DatasetAddress(domain: String(parts[0]), name: String(parts[1]))
        column = String(parts[2])
    }

    public var description: String { "\(dataset).\(column)" }
}
