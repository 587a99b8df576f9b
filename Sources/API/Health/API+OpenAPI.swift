import HTTPServer

extension API {
    /// `GET /api/v1/openapi.yaml`, without a token: the document this server was built with.
    static func addOpenAPI(to router: inout Router<Platform>) {
        let document = Array((embeddedTexts.first { $0.path == "openapi/openapi.yaml" }?.text ?? "").utf8)
        precondition(!document.isEmpty, "built without openapi/openapi.yaml")
        router.on(.get, base + "/openapi.yaml") { _, _ in
            Response(contentType: "application/yaml", bytes: document)
        }
    }
}
