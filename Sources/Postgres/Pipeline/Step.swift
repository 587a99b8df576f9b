internal import EventLoop

/// One caller's statement in a pipeline. An object, since it is looked at with each result that arrives.
final class Execution {
    var statement: Statement
    let sql: SQL
    let deadline: Deadline
    /// Called once, on the loop.
    let answer: Pipeline.Answer
    /// Sent a second time, alone between two synchronisation points: what happens to it now is its own doing.
    var isRetry = false

    init(
        statement: Statement, sql: SQL, deadline: Deadline, answer: @escaping Pipeline.Answer
    ) {
        self.statement = statement
        self.sql = sql
        self.deadline = deadline
        self.answer = answer
    }
}

/// What a pipeline sent and the server answers, in this order.
enum Step {
    case prepare(Statement)
    case execute(Execution)
    case deallocate(Statement)
    case sync

    var deadline: Deadline? {
        if case .execute(let execution) = self { execution.deadline } else { nil }
    }
}

/// What has become of the step that is being answered.
enum Verdict {
    case good
    /// An earlier statement of the batch failed.
    case skipped
    case failed(PostgresError)
}

/// A queue over an array: O(1) amortised at both ends.
struct Fifo<Element>: Sequence {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    func makeIterator() -> some IteratorProtocol<Element> {
        elements[head...].lazy.compactMap { $0 }.makeIterator()
    }
}
