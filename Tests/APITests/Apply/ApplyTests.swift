import HTTPServer
import JSON
import Testing

@testable import API

@Suite(.timeLimit(.minutes(2))) struct ApplyTests {
    /// Backwards: each document names objects of later ones.
    private let documents: [JSONValue] = [
        ["kind": "grant", "to": "group:analysts", "privilege": "select", "on": "dataset:travel.guests"],
        [
            "kind": "row-filter", "name": "by_region", "on": "dataset:travel.guests",
            "expression": "region = ANY(user.region)",
        ],
        [
            "kind": "mask", "name": "mails", "on": "tag:pii.mail", "mask": ["kind": "email"],
            "except": ["groups": ["staff"]],
        ],
        [
            "kind": "dataset", "domain": "travel", "name": "guests", "primaryKey": ["id"],
            "columns": [
                ["name": "id", "type": "bigint"], ["name": "mail", "type": "varchar(50)", "tags": ["pii.mail"]],
                ["name": "region", "type": "text", "nullable": false],
            ],
        ],
        ["kind": "domain", "name": "travel", "title": "Travel", "owner": "ann"],
        ["kind": "principal", "name": "ann", "attributes": ["region": ["EU"]], "groups": ["analysts"]],
        ["kind": "principal", "name": "bob", "principalKind": "service"],
        ["kind": "group", "name": "analysts", "members": ["ann"]],
        ["kind": "group", "name": "staff", "members": ["bob"]],
        ["kind": "tag", "name": "pii.mail"],
    ]

    private func apply(
        _ documents: [JSONValue], to installation: Installation, dryRun: Bool = false,
        token: String = Installation.administratorToken
    ) async throws -> Installation.Answer {
        try await installation.call(
            .post, "/api/v1/apply?dryRun=\(dryRun)", ["documents": .array(documents)], token: token)
    }

    private func actions(_ answer: Installation.Answer) -> [String] {
        (answer.body["changes"]?.arrayValue ?? []).compactMap { $0["action"]?.stringValue }
    }

    /// Everything that a change leaves behind: versions, entity tags, audit rows.
    private func traces(_ installation: Installation) async throws -> String? {
        try await installation.value(
            """
            SELECT (SELECT epoch FROM sluice.policy_epoch) || ' ' || (SELECT count(*) FROM sluice.change_audit) || ' '
                || (SELECT sum(version) FROM sluice.principal_document) || ' '
                || (SELECT sum(version) FROM sluice.group_document) || ' '
                || (SELECT coalesce(sum(version), 0) FROM sluice.dataset_document) || ' '
                || (SELECT coalesce(sum(version), 0) FROM sluice.mask_document)
            """)
    }

    @Test func documentsInAnyOrderMakeAPlatformOnce() async throws {
        let installation = try await Installation.make()
        let made = try await apply(documents, to: installation)
        #expect(made.status == 200, "\(made.body.text)")
        #expect(actions(made) == documents.map { _ in "create" })
        #expect(made.body["changes"]?[3]?["address"] == "travel.guests")
        #expect(made.body["changes"]?[3]?["before"] == .null)
        #expect(made.body["changes"]?[7]?["after"]?["members"] == ["ann"])

        let traces = try await traces(installation)
        for dryRun in [true, false] {
            let again = try await apply(documents, to: installation, dryRun: dryRun)
            #expect(actions(again) == documents.map { _ in "unchanged" })
            #expect(again.policyVersion == made.policyVersion)
        }
        #expect(try await self.traces(installation) == traces)
        #expect(try await installation.value("SELECT count(*) FROM sluice.drift()") == "0")
    }

    @Test func aDryRunSaysWhatWouldBeAndLeavesNothing() async throws {
        let installation = try await Installation.make()
        let traces = try await traces(installation)
        let plan = try await apply(documents, to: installation, dryRun: true)
        #expect(actions(plan) == documents.map { _ in "create" })
        #expect(try await self.traces(installation) == traces)
        #expect(try await installation.call(.get, "/api/v1/domains/travel").status == 404)
        #expect(
            try await installation.value("SELECT epoch FROM sluice.policy_epoch") == plan.policyVersion.map(String.init)
        )
    }

    @Test func onlyWhatDiffersIsWritten() async throws {
        let installation = try await Installation.make()
        #expect(try await apply(documents, to: installation).status == 200)
        let mails = try await installation.call(.get, "/api/v1/masks/mails")
        var changed = documents
        changed[3] = [
            "kind": "dataset", "domain": "travel", "name": "guests", "description": "Who travels",
            "columns": [
                ["name": "note", "type": "text"], ["name": "region", "type": "text", "tags": ["pii.mail"]],
            ],
        ]
        changed[8] = ["kind": "group", "name": "staff", "members": ["bob", "ann"]]
        changed[5] = ["kind": "principal", "name": "ann", "groups": ["staff", "analysts"]]
        let answer = try await apply(changed, to: installation)
        #expect(answer.status == 200, "\(answer.body.text)")
        let updated = actions(answer).enumerated().filter { $0.element != "unchanged" }.map(\.offset)
        #expect(updated == [3, 5, 8])

        let columns = answer.body["changes"]?[3]?["after"]?["columns"]?.arrayValue ?? []
        #expect(columns.compactMap { $0["name"]?.stringValue } == ["id", "mail", "region", "note"])
        #expect(columns.map { $0["tags"] } == [[], ["pii.mail"], ["pii.mail"], []])
        #expect(answer.body["changes"]?[5]?["after"]?["groups"] == ["analysts", "staff"])
        #expect(try await installation.call(.get, "/api/v1/masks/mails").fields["ETag"] == mails.fields["ETag"])
        #expect(actions(try await apply(changed, to: installation)) == documents.map { _ in "unchanged" })
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var index: Int
        var document: JSONValue
        var status: Int
        var pointer: String
        var testDescription: String { "\(status) \(pointer)" }
    }

    @Test(arguments: [
        Fault(
            index: 0, document: ["kind": "grant", "to": "group:nobody", "privilege": "select", "on": "platform"],
            status: 422, pointer: "/documents/0/to"),
        Fault(
            index: 1,
            document: ["kind": "row-filter", "name": "f", "on": "dataset:travel.guests", "expression": "x = 1"],
            status: 422, pointer: "/documents/1/expression"),
        Fault(
            index: 2, document: ["kind": "mask", "name": "m", "on": "tag:pii.mail", "mask": ["kind": "blur"]],
            status: 422, pointer: "/documents/2/mask/kind"),
        Fault(
            index: 3,
            document: [
                "kind": "dataset", "domain": "travel", "name": "guests", "columns": [["name": "a", "type": "texts"]],
            ],
            status: 422, pointer: "/documents/3/columns/0/type"),
        Fault(
            index: 4, document: ["kind": "domain", "name": "travel", "tittle": "x"], status: 400,
            pointer: "/documents/4/tittle"),
        Fault(
            index: 5, document: ["kind": "principal", "name": "ann", "principalKind": "robot"], status: 422,
            pointer: "/documents/5/principalKind"),
        Fault(index: 7, document: ["kind": "group", "name": "pg_x"], status: 422, pointer: "/documents/7/name"),
        Fault(index: 9, document: ["kind": "policy", "name": "p"], status: 422, pointer: "/documents/9/kind"),
    ])
    func oneBadDocumentUndoesAll(_ fault: Fault) async throws {
        let installation = try await Installation.make()
        let traces = try await traces(installation)
        var documents = documents
        documents[fault.index] = fault.document
        let answer = try await apply(documents, to: installation)
        #expect(answer.status == fault.status, "\(answer.body.text)")
        #expect(answer.body["errors"]?[0]?["pointer"]?.stringValue == fault.pointer, "\(answer.body.text)")
        #expect(try await self.traces(installation) == traces)
        #expect(try await installation.call(.get, "/api/v1/tags/pii.mail").status == 404)
    }

    @Test func authorityIsThatOfTheOperations() async throws {
        let installation = try await Installation.make()
        #expect(try await apply(documents, to: installation).status == 200)
        func token(of name: String) async throws -> String {
            let answer = try await installation.call(.post, "/api/v1/principals/\(name)/tokens", [:])
            return try #require(answer.body["token"]?.stringValue)
        }
        let (owner, stranger) = (try await token(of: "ann"), try await token(of: "bob"))
        // ann owns the domain: what hangs on it is hers, the platform's is not.
        let description: JSONValue = [
            "kind": "dataset", "domain": "travel", "name": "guests", "description": "Mine",
            "columns": [["name": "id", "type": "bigint"]],
        ]
        #expect(actions(try await apply([description], to: installation, token: owner)) == ["update"])
        let tag: JSONValue = ["kind": "tag", "name": "pii.mail", "description": "Mine"]
        #expect(try await apply([tag], to: installation, token: owner).status == 403)
        // bob sees nothing of it, not even whether a document says what is there.
        for document in [description, documents[1], documents[2], documents[4]] {
            let answer = try await apply([document], to: installation, token: stranger)
            #expect([403, 404, 422].contains(answer.status), "\(answer.body.text)")
            #expect(answer.body["changes"] == nil)
        }
    }

    @Test func theRequestItselfIsChecked() async throws {
        let installation = try await Installation.make()
        #expect(try await installation.call(.post, "/api/v1/apply", [:]).status == 422)
        #expect(try await installation.call(.post, "/api/v1/apply", ["documents": [], "x": 1]).status == 400)
        #expect(try await installation.call(.post, "/api/v1/apply?dryRun=yes", ["documents": []]).status == 400)
        #expect(try await installation.call(.post, "/api/v1/apply?dry=true", ["documents": []]).status == 400)
        #expect(try await installation.call(.post, "/api/v1/apply", ["documents": []], token: "x").status == 401)
        #expect(try await installation.call(.post, "/api/v1/apply", ["documents": []]).status == 200)
    }
}
