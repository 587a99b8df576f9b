import Catalog
import JSON
import Postgres
import Store
import TestSupport
import Testing
import YAML

/// The kinds of connections stand in three places: `ConnectionKind`, the warehouse, and the OpenAPI document. What one of
/// them lacks is said with where it belongs.
@Suite struct ConnectionKindsTests {
    private static let kinds = Set(ConnectionKind.allCases.map(\.rawValue))

    @Test func theWarehouseTakesEveryKindAndNoOther() async throws {
        let connection = try await TestLoops.connect(try await TestPlatform.make().options(.warehouse))
        let rows: [Row]
        do {
            rows = try await connection.query(
                """
                SELECT pg_get_constraintdef(c.oid)
                FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                WHERE c.contype = 'c' AND c.conrelid = 'sluice.connection'::regclass AND a.attname = 'kind'
                """)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        let constraint: String = try #require(rows.first).decode(at: 0)
        // CHECK ((kind = ANY (ARRAY['file'::text, 'postgres'::text])))
        let words = constraint.split(separator: "'", omittingEmptySubsequences: false).enumerated()
            .compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
        #expect(
            Set(words) == Self.kinds && rows.count == 1,
            """
            sluice.connection.kind: a migration (migrations/warehouse/mNNNN_….sql) that drops connection_kind_check and adds \
            it again with every ConnectionKind: \(Self.kinds.sorted())
            """)
    }

    private let schemas: JSONValue

    init() throws {
        let document = try #require(try YAMLDocument.parse(Repository.text("openapi/openapi.yaml")).first).value
        schemas = try #require(document["components"]?["schemas"])
    }

    @Test func theDocumentHasEveryKindAndNoOther() {
        let words = schemas["ConnectionKind"]?["enum"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(
            Set(words) == Self.kinds, "openapi/openapi.yaml, schemas.ConnectionKind: enum has every ConnectionKind")
        let secrets = schemas["ConnectionSecret"]?["properties"]?.objectValue?.keys.map { $0 } ?? []
        #expect(
            Set(secrets) == Set(ConnectionKind.allCases.flatMap(\.secretNames)),
            "openapi/openapi.yaml, schemas.ConnectionSecret: properties has every name of ConnectionConfig.secretNames")
    }

    @Test func theDocumentHasTheConfigOfEveryKindAndNoOther() throws {
        var answered: Set<Set<String>> = []
        var taken: Set<Set<String>> = []
        for kind in ConnectionKind.allCases {
            let spec = try JSONFields.read(ConnectionSample.connection(kind)) { ConnectionInput(&$0) }.spec
            answered.insert(Set(spec.configJSON.objectValue?.keys.map { $0 } ?? []))
            taken.insert(Set(try FieldsReference.probe(kind, ["config"]).fields().map(\.name)))
        }
        #expect(
            members(of: "ConnectionConfig") == answered,
            "openapi/openapi.yaml, schemas.ConnectionConfig: anyOf has a schema of what each kind's config answers")
        #expect(
            members(of: "ConnectionConfigInput") == taken,
            "openapi/openapi.yaml, schemas.ConnectionConfigInput: anyOf has a schema of what each kind's config takes")
    }

    /// The names of the properties of each schema that `name` may be.
    private func members(of name: String) -> Set<Set<String>> {
        let prefix = "#/components/schemas/"
        let names = schemas[name]?["anyOf"]?.arrayValue?.compactMap { $0["$ref"]?.stringValue?.dropFirst(prefix.count) }
        return Set(
            (names ?? []).map { Set(schemas[String($0)]?["properties"]?.objectValue?.keys.map { $0 } ?? []) })
    }
}
