import Access
import Catalog
import HTTPServer
import Postgres

extension API {
    static func addPipelines(to router: inout Router<Platform>) {
        Collection(
            kind: .connection, path: "/connections",
            put: { change, call in
                try await change.putConnection(
                    try ConnectionAddress.path(call.name), call.body, call.precondition, sealing: call.secrets)
            },
            delete: { try await $0.deleteConnection(try ConnectionAddress.path($1), $2) },
            filters: ["domain": { "body->>'domain' = \($0)" }, "kind": { "body->>'kind' = \($0)" }]
        ).register(in: &router)
        Collection(
            kind: .pipeline, path: "/pipelines",
            put: { change, call in
                try await change.putPipeline(
                    try PipelineAddress.path(call.name), call.body, call.precondition,
                    syntaxFaults: PipelineSyntax.faults)
            },
            delete: { try await $0.deletePipeline(try PipelineAddress.path($1), $2) },
            filters: [
                "domain": { "body->>'domain' = \($0)" },
                "dataset": { dataset in
                    """
                    EXISTS (SELECT FROM json_array_elements(body->'steps') AS step
                            WHERE step->'ingest'->'to'->>'dataset' = \(dataset))
                    """
                },
                "connection": { connection in
                    """
                    id IN (SELECT pc.pipeline_id FROM sluice.pipeline_connection AS pc
                           JOIN sluice.connection_document AS c ON c.id = pc.connection_id
                           WHERE c.address = \(connection))
                    """
                },
            ]
        ).register(in: &router)
    }
}

extension ConnectionAddress {
    /// The connection a path names.
    static func path(_ text: String) throws(Refusal) -> ConnectionAddress {
        guard let address = ConnectionAddress(text) else { throw Refusal.notFound("connection \(text)") }
        return address
    }
}

extension PipelineAddress {
    /// The pipeline a path names.
    static func path(_ text: String) throws(Refusal) -> PipelineAddress {
        guard let address = PipelineAddress(text) else { throw Refusal.notFound("pipeline \(text)") }
        return address
    }
}
