import JSON
import Testing

@testable import sluice

@Suite struct AccessReportTests {
    @Test func whatIsClearMaskedAndHiddenIsSaidWithTheReason() {
        let text = AccessReport([
            "visible": true, "grant": "41", "because": ["grant 41: select on domain:travel to group:analysts"],
            "columns": [
                [
                    "name": "id", "visible": true, "mask": .null,
                    "because": ["grant 41: select on domain:travel to group:analysts"],
                ],
                [
                    "name": "iban", "visible": true, "mask": ["kind": "show-last", "count": 4],
                    "because": ["grant 41: select on domain:travel to group:analysts", "mask ibans on tag pii.iban"],
                ],
                ["name": "note", "visible": false, "mask": .null, "because": ["the column is not granted"]],
            ],
            "rowFilters": [
                ["name": "by_region", "expression": "region = ANY(user.region)", "because": "on the dataset"]
            ],
            "policyVersion": 12,
        ]).text(principal: "alice", dataset: "travel.bookings", on: Terminal(isTerminal: false))
        #expect(
            text == """
                alice reads travel.bookings: grant 41: select on domain:travel to group:analysts

                COLUMN  READS                       BECAUSE
                ------  --------------------------  --------------------------
                id      clear
                iban    masked: show-last, count 4  mask ibans on tag pii.iban
                note    hidden                      the column is not granted

                Only rows that pass every row filter:
                  by_region: region = ANY(user.region)
                    on the dataset

                Policy version 12.

                """)
    }

    @Test func whoReadsNothingIsToldSoAndNoMore() {
        let text = AccessReport([
            "visible": false, "grant": .null, "because": ["no grant"], "columns": [], "rowFilters": [],
        ])
        .text(principal: "eve", dataset: "a.b", on: Terminal(isTerminal: false))
        #expect(text == "eve does not read a.b: no grant\n")
    }
}
