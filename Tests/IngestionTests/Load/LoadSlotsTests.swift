import Catalog
import Ingestion
import Testing

@Suite struct LoadSlotsTests {
    @Test func moreLoadsThanTheLimitAreTurnedAwayUntilOneEnds() async throws {
        let slots = LoadSlots()
        func fill(_ depth: Int) async throws {
            guard depth < LoadSlots.limit else {
                await #expect(throws: Refusal.self) { try await slots.withSlot {} }
                return
            }
            try await slots.withSlot { try await fill(depth + 1) }
        }
        try await fill(0)
        try await fill(0)
    }
}
