import EventLoop
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
            _ = try await policy.addresses(of: host, port: port, blocking: blocking)
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
}
