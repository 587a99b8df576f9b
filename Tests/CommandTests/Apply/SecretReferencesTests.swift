import Foundation
import JSON
import Testing
import YAML

@testable import sluice

@Suite struct SecretReferencesTests {
    private func references(_ folder: String = "/nowhere") -> SecretReferences {
        var references = SecretReferences(of: "\(folder)/shop.yaml")
        references.variable = { ["SHOP_PASSWORD": "hunter2", "EMPTY": ""][$0] }
        return references
    }

    private func connection(_ secret: JSONValue) -> JSONValue {
        ["kind": "connection", "name": "shop", "secret": ["password": secret]]
    }

    @Test func anEnvironmentVariableIsReadWhereApplyRuns() throws {
        let resolved = try references().resolve(connection(["$env": "SHOP_PASSWORD"]))
        #expect(resolved == connection("hunter2"))
    }

    @Test(arguments: [("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("hunter2\r\n", "hunter2"), ("a\n\n", "a\n")])
    func aFileIsReadFromTheDocumentsFolder(_ content: String, _ expected: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try content.write(to: folder.appending(path: "password"), atomically: true, encoding: .utf8)
        for path in ["password", folder.appending(path: "password").path()] {
            let resolved = try references(folder.path()).resolve(connection(["$file": .string(path)]))
            #expect(resolved == connection(.string(expected)))
        }
    }

    @Test(
        arguments: [
            "literal", ["$env": "NO_SUCH"], ["$env": "EMPTY"], ["$env": 7], ["$env": ""], ["$file": "no_such"],
            ["$shell": "x"],
            ["$env": "SHOP_PASSWORD", "$file": "x"], [:],
        ] as [JSONValue])
    func whatCannotBeReadHasItsPlace(_ secret: JSONValue) throws {
        if secret == "literal" {
            #expect(try references().resolve(connection(secret)) == connection(secret))
            return
        }
        #expect { try references().resolve(connection(secret)) } throws: {
            ($0 as? SecretReferences.Fault)?.pointer == "/secret/password"
        }
    }

    @Test func otherDocumentsAndFieldsAreLeftAlone() throws {
        for document in [
            ["kind": "pipeline", "secret": ["password": ["$env": "SHOP_PASSWORD"]]],
            ["kind": "connection", "config": ["host": ["$env": "SHOP_PASSWORD"]]],
            ["kind": "connection", "secret": .null],
        ] as [JSONValue] { #expect(try references().resolve(document) == document) }
    }

    @Test func aFaultIsToldAtItsPlaceInTheFile() throws {
        var documents = SourceDocuments()
        let text = """
            kind: connection
            name: shop
            secret:
              password: {$env: SLUICE_TEST_NOT_SET}
            """
        try documents.add(Array(text.utf8), of: "shop.yaml")
        let failure = #expect(throws: CommandFailure.self) { try documents.resolveSecrets() }
        #expect(
            failure?.message
                == "shop.yaml:4:13: secret/password names the environment variable SLUICE_TEST_NOT_SET, which is not set"
        )
    }
}
