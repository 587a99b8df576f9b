import Testing

@testable import Work

@Suite struct LauncherPacketTests {
    @Test(arguments: [
        LauncherRequest.start(job: 1), .start(job: .max), .signal(job: 7, number: 15), .signal(job: 0, number: 9),
    ])
    func requestsArriveAsTheyWereSent(_ request: LauncherRequest) {
        #expect(LauncherPacket(LauncherPacket(request).bytes)?.request == request)
    }

    @Test(arguments: [
        LauncherEvent.started(job: 3, pid: 4711), .refused(job: 3, errno: 11),
        .ended(job: 9, JobEnd(way: .exited(status: 255), peakBytes: 1 << 40)),
        .ended(job: 9, JobEnd(way: .killed(signal: 9), peakBytes: 0)),
    ])
    func eventsArriveAsTheyWereSent(_ event: LauncherEvent) {
        #expect(LauncherPacket(LauncherPacket(event).bytes)?.event == event)
    }

    @Test func otherBytesAreNoMessage() {
        #expect(LauncherPacket([]) == nil)
        #expect(LauncherPacket([UInt8](repeating: 1, count: 31)) == nil)
        #expect(LauncherPacket([UInt8](repeating: 1, count: 33)) == nil)
        let nonsense = LauncherPacket([UInt8](repeating: 0xFF, count: 32))
        #expect(nonsense?.request == nil)
        #expect(nonsense?.event == nil)
    }
}
