import JSON
import Testing

@testable import sluice

@Suite struct ChangeReportTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var before: JSONValue
        var after: JSONValue
        var differences: [FieldDifference]
    }

    @Test(arguments: [
        Case(testDescription: "equal", before: ["a": [1, 2]], after: ["a": [1, 2]], differences: []),
        Case(
            testDescription: "what the server writes by itself", before: ["id": "1", "updatedAt": "x", "role": "r"],
            after: ["id": "2", "updatedAt": "y", "role": "s"], differences: []),
        Case(
            testDescription: "a field of an object", before: ["mask": ["kind": "email"]],
            after: ["mask": ["kind": "fixed", "value": "x"]],
            differences: [
                FieldDifference(path: "mask.kind", before: "email", after: "fixed"),
                FieldDifference(path: "mask.value", before: nil, after: "x"),
            ]),
        Case(
            testDescription: "a list of texts is one value", before: ["groups": ["a"]], after: ["groups": ["a", "b"]],
            differences: [FieldDifference(path: "groups", before: ["a"], after: ["a", "b"])]),
        Case(
            testDescription: "columns go by their names",
            before: ["columns": [["name": "a", "tags": []], ["name": "b"]]],
            after: ["columns": [["name": "c"], ["name": "a", "tags": ["x"]]]],
            differences: [
                FieldDifference(path: "columns.a.tags", before: [], after: ["x"]),
                FieldDifference(path: "columns.b", before: ["name": "b"], after: nil),
                FieldDifference(path: "columns.c", before: nil, after: ["name": "c"]),
            ]),
        Case(
            testDescription: "elements with equal names are no columns", before: ["x": [["name": "a"], ["name": "a"]]],
            after: ["x": [["name": "a"]]],
            differences: [FieldDifference(path: "x", before: [["name": "a"], ["name": "a"]], after: [["name": "a"]])]),
        Case(
            testDescription: "null is a value", before: ["owner": .null], after: ["owner": "ann"],
            differences: [FieldDifference(path: "owner", before: .null, after: "ann")]),
    ])
    func theDifferenceOfTwoStates(_ row: Case) {
        #expect(FieldDifference.all(from: row.before, to: row.after) == row.differences)
    }

    private let answer: JSONValue = [
        "changes": [
            ["action": "create", "kind": "tag", "address": "pii", "before": .null, "after": ["name": "pii"]],
            [
                "action": "update", "kind": "group", "address": "staff", "before": ["members": []],
                "after": ["members": ["ann"]],
            ],
            ["action": "unchanged", "kind": "mask", "address": "mails", "before": [:], "after": [:]],
        ],
        "policyVersion": 7,
    ]

    @Test func aReportNamesEveryObjectAndEveryChangedField() {
        let report = ChangeReport(answer)
        #expect(
            report.text == """
                create     tag pii
                update     group staff
                             members: [] -> ["ann"]
                unchanged  mask mails

                """)
        #expect(report.summary("created", "updated") == "1 created, 1 updated, 1 unchanged")
        #expect(report.policyVersion == 7)
        #expect(!report.changesNothing)
    }

    @Test func ofASecretItSaysThatItChanged() {
        let report = ChangeReport([
            "changes": [
                [
                    "action": "update", "kind": "connection", "address": "travel.shop",
                    "before": ["secret": ["password"], "secretVersion": 1],
                    "after": ["secret": ["password"], "secretVersion": 2],
                ]
            ]
        ])
        #expect(report.text == "update     connection travel.shop\n             secret: changed\n")
    }

    @Test func nothingIsDoneWhenAllIsUnchanged() {
        #expect(ChangeReport(["changes": [["action": "unchanged"]]]).changesNothing)
        #expect(ChangeReport(["changes": []]).changesNothing)
    }
}
