import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import Ingestion

@Suite struct AddressPolicyTests {
    @Test(arguments: [
        ("93.184.216.34", IPAddress.Kind.ordinary), ("10.1.2.3", .ordinary), ("192.168.0.1", .ordinary),
        ("127.0.0.1", .loopback), ("127.255.0.9", .loopback), ("2130706433", .loopback), ("0x7f.1", .loopback),
        ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("169.254.169.254", .metadata),
        ("169.254.1.1", .metadata),
        ("100.100.100.200", .metadata), ("100.100.100.201", .ordinary), ("168.63.129.16", .metadata),
        ("224.0.0.1", .multicast), ("255.255.255.255", .multicast), ("2001:db8::1", .ordinary), ("fd12::1", .ordinary),
        ("::1", .loopback), ("::", .unspecified), ("::ffff:127.0.0.1", .loopback), ("::ffff:a9fe:a9fe", .metadata),
        ("::127.0.0.1", .loopback), ("64:ff9b::a9fe:a9fe", .metadata), ("2002:7f00:1::", .loopback),
        ("fe80::1", .metadata), ("fec0::1", .metadata), ("fd00:ec2::254", .metadata), ("fd20:ce::254", .metadata),
        ("ff02::1", .multicast),
    ])
    func kinds(_ text: String, _ kind: IPAddress.Kind) {
        #expect(IPAddress.lookUp(text).map(\.kind) == [kind])
    }

    private func refusal(_ policy: AddressPolicy, _ host: String, port: Int = 5432) async throws -> SourceFailure.Code?
    {
        let blocking = try TestLoops.group().blocking
        do {
            _ = try await HostResolver(blocking: blocking).find(host, port: port, policy)
            return nil
        } catch { return error.code }
    }

    @Test func policies() async throws {
        let strict = AddressPolicy(ownSystemIdentifier: nil, ownHost: "10.0.0.9", ownPort: 5432)
        let lax = AddressPolicy(allowsLoopback: true, ownSystemIdentifier: nil, ownHost: "127.0.0.1", ownPort: 5432)
        for host in [
            "/run/postgresql", "@abstract", "", "10.0.0.1,10.0.0.2", "127.0.0.1", "169.254.169.254", "10.0.0.9",
        ] {
            #expect(try await refusal(strict, host) == .sourceRefused, "\(host)")
        }
        #expect(try await refusal(strict, "10.0.0.9", port: 5433) == nil)
        #expect(try await refusal(strict, "10.0.0.1") == nil)
        #expect(try await refusal(lax, "127.0.0.1", port: 5433) == nil)
        #expect(try await refusal(lax, "127.0.0.1") == .sourceRefused)
        #expect(try await refusal(lax, "::ffff:169.254.169.254") == .sourceRefused)
        #expect(try await refusal(strict, "no-such-host.invalid") == .sourceUnavailable)
    }

    // MARK: What a name leads to

    /// Names as somebody else's name server has them, and how often each was asked for.
    private final class Names: Sendable {
        let asked = Mutex<[String: Int]>([:])
        private let names: [String: [String]]

        init(_ names: [String: [String]]) { self.names = names }

        var resolver: HostResolver {
            HostResolver { (host) async throws(SourceFailure) in
                self.asked.withLock { $0[host, default: 0] += 1 }
                return self.names[host, default: []].flatMap(IPAddress.lookUp)
            }
        }
    }

    @Test func aServerHasAllAddressesOfItsNameInTheirOrder() async throws {
        let names = Names(["db.example": ["203.0.113.9", "2001:db8::9", "203.0.113.1"]])
        let server = try await names.resolver.find("db.example", port: 5432, AddressPolicy(ownSystemIdentifier: nil))
        #expect((server.host, server.port) == ("db.example", 5432))
        #expect(server.addresses.map(\.text) == ["203.0.113.9", "2001:db8::9", "203.0.113.1"])
        #expect(names.asked.withLock { $0 } == ["db.example": 1], "a name that is looked up twice may have changed")
    }

    @Test func oneRefusedAddressTaintsTheName() async throws {
        let policy = AddressPolicy(ownSystemIdentifier: nil, ownHost: "own.example", ownPort: 5432)
        let names = Names([
            "rebound.example": ["203.0.113.9", "127.0.0.1"],
            "cloud.example": ["2001:db8::9", "::ffff:169.254.169.254"],
            "alias.example": ["203.0.113.9", "203.0.113.5"], "own.example": ["203.0.113.5", "203.0.113.6"],
        ])
        for host in ["rebound.example", "cloud.example", "alias.example", "own.example"] {
            await #expect(throws: SourceFailure.self, "\(host)") {
                try await names.resolver.find(host, port: 5432, policy)
            }
        }
        // On another port something else listens.
        #expect(try await names.resolver.find("alias.example", port: 5433, policy).addresses.count == 2)
    }
}
