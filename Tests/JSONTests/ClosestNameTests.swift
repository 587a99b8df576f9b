import JSON
import Testing

@Suite struct ClosestNameTests {
    @Test(arguments: [
        ("qurey", "query"), ("query", "query"), ("QUERY", "query"), ("quer", "query"), ("queery", "query"),
        ("guery", "query"), ("cvs", "csv"), ("runs", "run"),
    ])
    func aSlipOrASwapOfNeighboursIsForgiven(written: String, meant: String) {
        #expect(ClosestName.of(written, among: ["token", "run", "csv", "query"]) == meant)
    }

    @Test(arguments: ["", "frobnicate", "yreuq", "vcx", String(repeating: "q", count: 65)])
    func whatIsFarFromAllIsNotGuessed(written: String) {
        #expect(ClosestName.of(written, among: ["token", "run", "csv", "query"]) == nil)
    }
}
