internal import EventLoop

/// Looks up what addresses a host has.
struct HostResolver: Sendable {
    /// The addresses of a name, or the one that it is; empty: there is no such host.
    let lookUp: @Sendable (_ host: String) async throws(SourceFailure) -> [IPAddress]

    init(_ lookUp: @escaping @Sendable (_ host: String) async throws(SourceFailure) -> [IPAddress]) {
        self.lookUp = lookUp
    }

    /// As this machine looks names up, on a thread of `blocking`.
    init(blocking: BlockingPool) {
        self.init { (host) async throws(SourceFailure) in
            do { return try await blocking.run { IPAddress.lookUp(host) } } catch {
                throw SourceFailure(.sourceUnavailable, "\(host) could not be looked up", isRetryable: true)
            }
        }
    }

    /// Looks a server up, once, and has the policy judge what it is.
    ///
    /// - Throws: `source_refused` for an address that may not be used, `source_unavailable` where there is none.
    func find(_ host: String, port: Int, _ policy: AddressPolicy) async throws(SourceFailure) -> JudgedServer {
        try policy.judge(name: host)
        let addresses = try await addresses(of: host)
        var own: [IPAddress] = []
        if let ownHost = policy.ownHost(onPort: port) { own = try await self.addresses(of: ownHost) }
        return try policy.judge(addresses, of: host, port: port, own: own)
    }

    private func addresses(of host: String) async throws(SourceFailure) -> [IPAddress] {
        let addresses = try await lookUp(host)
        guard !addresses.isEmpty else {
            throw SourceFailure(
                .sourceUnavailable, "there is no host \(host)", hint: "Is the name right?", isRetryable: true)
        }
        return addresses
    }
}
