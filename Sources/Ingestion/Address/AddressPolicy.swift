/// Which servers a pipeline may connect to: judges addresses, and looks none up.
///
/// Refused are Unix sockets, this platform's own cluster, and addresses that mean something to the machine it runs on:
/// loopback (unless allowed), link-local ones with the metadata services of clouds behind them, multicast.
struct AddressPolicy: Sendable, Hashable {
    var allowsLoopback: Bool
    /// `system_identifier` of the platform's own cluster (`pg_control_system()`), which the other server must not have.
    var ownSystemIdentifier: String?
    /// Where the own cluster is reached by TCP, if it is.
    var ownHost: String?
    var ownPort: Int?

    init(
        allowsLoopback: Bool = false, ownSystemIdentifier: String?, ownHost: String? = nil, ownPort: Int? = nil
    ) {
        self.allowsLoopback = allowsLoopback
        self.ownSystemIdentifier = ownSystemIdentifier
        self.ownHost = ownHost
        self.ownPort = ownPort
    }

    /// Refuses what names no one host: to be asked before it is looked up.
    func judge(name host: String) throws(SourceFailure) {
        guard !host.isEmpty, !host.hasPrefix("/"), !host.hasPrefix("@"), !host.utf8.contains(UInt8(ascii: ",")) else {
            throw refusal(host, "is a Unix socket or a list")
        }
    }

    /// The server at `addresses`, if all of them may be connected to.
    ///
    /// - Parameters:
    ///   - addresses: What `host` was found to be.
    ///   - own: What ``ownHost(onPort:)`` was found to be.
    func judge(
        _ addresses: [IPAddress], of host: String, port: Int, own: [IPAddress]
    ) throws(SourceFailure) -> JudgedServer {
        for address in addresses {
            // One that is refused taints the name: whoever owns it decides which of them is tried first.
            if let reason = refusedKind(of: address) { throw refusal(host, reason) }
            if own.contains(address) { throw refusal(host, "is this platform's own database") }
        }
        return JudgedServer(host: host, port: port, addresses: addresses)
    }

    /// The own cluster's host, if that is reached on `port`.
    func ownHost(onPort port: Int) -> String? {
        guard let ownHost, !ownHost.hasPrefix("/"), ownPort == port else { return nil }
        return ownHost
    }

    /// Why `address` is refused; `nil` when it is not.
    private func refusedKind(of address: IPAddress) -> String? {
        switch address.kind {
        case .ordinary: nil
        case .loopback: allowsLoopback ? nil : "is an address of this machine itself"
        case .metadata: "is the address of a metadata service, or link-local"
        case .unspecified, .multicast: "is no address of a server"
        }
    }

    private func refusal(_ host: String, _ reason: String) -> SourceFailure {
        SourceFailure(.sourceRefused, "\(host) \(reason)", hint: "A connection leads to a server elsewhere, by TCP.")
    }
}

/// A server whose name has been looked up once, and whose addresses may all be used: only to these a connection is made,
/// whatever the name leads to later.
struct JudgedServer: Sendable, Hashable {
    /// As the connection declares it: for TLS, headers and messages.
    let host: String
    let port: Int
    /// At least one, in the order in which they are to be tried.
    let addresses: [IPAddress]

    /// Only a policy makes one.
    fileprivate init(host: String, port: Int, addresses: [IPAddress]) {
        self.host = host
        self.port = port
        self.addresses = addresses
    }
}
