public import Postgres
public struct Sessions: Sendable {
    public func withServerSession<T>(_ body: (Connection) async throws -> T) async throws -> T { fatalError() }
}
