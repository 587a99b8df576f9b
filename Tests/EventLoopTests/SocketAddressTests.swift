import EventLoop
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("localhost:1", "127.0.0.1:1"),
        (":80", "0.0.0.0:80"),
        ("*:65535", "0.0.0.0:65535"),
        ("[::1]:443", "[::1]:443"),
        ("[2001:0db8::0001]:0", "[2001:db8::1]:0"),
        ("[::ffff:10.0.0.1]:5", "10.0.0.1:5"),
    ])
    func `an address reads and prints in its short form`(_ text: String, _ printed: String) throws {
        #expect(try SocketAddress(parsing: text).description == printed)
    }

    @Test(arguments: [
        "", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1: 80",
        "::1:80", "[::1]", "[::1:80", "[127.0.0.1]:80", "example.org:80", "1.2.3:80", "1.2.3.4.5:80", "127.0.0.1\0:80",
    ])
    func `anything else is refused`(_ text: String) {
        #expect(throws: IOError(.addressInvalid, operation: "'\(text)'")) { try SocketAddress(parsing: text) }
    }
}
