/// One node of a ``SyntaxTree``: a wrapper such as `{"ColumnRef": {…}}`, a struct's fields, a list or a scalar.
package struct SyntaxNode: Sendable {
    let tree: SyntaxTree
    let index: Int

    private var node: SyntaxTree.Node { tree.nodes[index] }

    /// The field's name in its parent; empty for an element of a list.
    package var key: String {
        String(decoding: tree.json[Int(node.key.lowerBound)..<Int(node.key.upperBound)], as: UTF8.self)
    }

    /// The children in order: fields of an object, elements of a list; none for a scalar.
    package var children: Children { Children(tree: tree, position: index + 1, end: isContainer ? Int(node.next) : 0) }

    /// Whether this is an object or a list.
    private var isContainer: Bool {
        // A text's range begins after its quote, so what begins with a bracket and follows none is a container.
        let start = Int(node.value.lowerBound)
        guard start < tree.json.count, start == 0 || tree.json[start - 1] != UInt8(ascii: "\"") else { return false }
        return tree.json[start] == UInt8(ascii: "{") || tree.json[start] == UInt8(ascii: "[")
    }

    /// The field `name`, if it is there.
    package subscript(_ name: StaticString) -> SyntaxNode? {
        children.first { $0.hasKey(name) }
    }

    /// The kind and fields of a wrapper: `{"ColumnRef": {…}}` gives `("ColumnRef", {…})`.
    package var wrapped: (kind: String, fields: SyntaxNode)? {
        var children = children.makeIterator()
        guard let only = children.next(), children.next() == nil else { return nil }
        return (only.key, only)
    }

    /// Fields of the wrapper if it is of this kind.
    package func fields(of kind: StaticString) -> SyntaxNode? {
        guard let (_, fields) = wrapped, fields.hasKey(kind) else { return nil }
        return fields
    }

    /// A text's content; a bare scalar as written.
    package var text: String {
        let value = tree.json[Int(node.value.lowerBound)..<Int(node.value.upperBound)]
        guard value.contains(UInt8(ascii: "\\")) else { return String(decoding: value, as: UTF8.self) }
        return Self.unescape(value)
    }

    package var integer: Int? { Int(text) }

    func hasKey(_ name: StaticString) -> Bool {
        name.utf8CodeUnitCount == node.key.count
            && name.withUTF8Buffer { $0.elementsEqual(tree.json[Int(node.key.lowerBound)..<Int(node.key.upperBound)]) }
    }

    /// libpg_query escapes quotes, control characters, `<` and `>`, and leaves UTF-8 as it is.
    private static func unescape(_ value: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = value
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch escaped {
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "u"):
                let digits = String(decoding: rest.prefix(4), as: UTF8.self)
                rest = rest.dropFirst(4)
                bytes.append(
                    contentsOf: String(UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}").utf8)
            default: bytes.append(escaped)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package struct Children: Sequence, IteratorProtocol {
        fileprivate let tree: SyntaxTree
        fileprivate var position: Int
        fileprivate let end: Int

        package mutating func next() -> SyntaxNode? {
            guard position < end else { return nil }
            defer { position = Int(tree.nodes[position].next) }
            return SyntaxNode(tree: tree, index: position)
        }
    }
}
