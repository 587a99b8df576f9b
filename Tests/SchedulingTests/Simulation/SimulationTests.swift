import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Scheduling

@Suite(.timeLimit(.minutes(50))) struct SimulationTests {
    /// 10,000 schedules with `SLUICE_SOAK=1`; `SLUICE_SEED` picks others, or one again.
    static let schedules = isSoak ? 10_000 : 100
    static let isSoak = getenv("SLUICE_SOAK").map { String(cString: $0) } == "1"
    static let seed = getenv("SLUICE_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_121

    @Test(arguments: 0..<2) func noTaskIsLostDoubledOrStuck(part: Int) async throws {
        let control = try await ControlDatabase.make()
        let loop = try TestLoops.group().loops[part]
        for number in 0..<Self.schedules / 2 {
            let seed = Self.seed &+ UInt64(part * Self.schedules / 2 + number)
            let failure = try await TestLoops.run(on: loop) { () -> String? in
                let simulation = try QueueSimulation(seed: seed, on: control)
                do {
                    try await simulation.run()
                    return nil
                } catch {
                    return "\(error)\n" + simulation.history.joined(separator: "\n")
                }
            }
            if let failure {
                Issue.record("seed \(seed): \(failure)")
                return
            }
        }
    }
}
