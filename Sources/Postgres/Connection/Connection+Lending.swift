extension Connection {
    /// Lends the session for the length of `body` and closes it afterwards, whether that returned or threw.
    nonisolated package func lend<T>(to body: (Connection) async throws -> T) async throws -> T {
        do {
            let value = try await body(self)
            await close()
            return value
        } catch {
            await close()
            throw error
        }
    }
}
