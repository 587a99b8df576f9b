internal import Catalog
internal import HTTPClient

/// Answers questions about a web server, which lists nothing: only a file that is named can be looked at.
struct WebProbe {
    let server: WebServer
    let address: HTTPServerAddress

    /// Asks for the base: that this is no file, and nothing that can be listed, is as it should be.
    func test(_ checks: inout [ConnectionCheck]) throws(SourceFailure) {
        let place = "\(address.host):\(address.port)"
        let status: Int
        do { status = try server.status() } catch {
            throw checks.fail("connect", SourceFailure(error, "\(place) does not answer"))
        }
        checks.pass("connect", "\(place) answers")
        let failure = SourceFailure(status: status, of: address.baseURL)
        if let failure, failure.code == .sourceForbidden { throw checks.fail("login", failure) }
        checks.pass("login", "it does not ask for another token")
        if let failure, failure.code != .sourceUnreadable { throw checks.fail("folder", failure) }
        checks.pass("folder", "it answers \(status) for \(address.baseURL), whose files are read by their paths")
    }

    /// The file at `place`.
    func page(_ place: SourcePlace) throws(SourceFailure) -> SourcePage {
        guard !place.path.isEmpty else {
            throw SourceFailure(
                .sourceUnreadable, "a web server lists no files", hint: "Give the path of a file to look at it.")
        }
        let file = try server.open(place.path)
        let endings = FileEndings(of: place.path)
        var page = SourcePage()
        _ = page.append(
            SourceItem(
                kind: .file, name: place.path.split(separator: "/").last.map(String.init) ?? place.path,
                path: place.path,
                details: .file(size: file.size, modifiedAt: file.modifiedAt, isReadable: true, endings),
                from: endings.format.map {
                    .file(
                        FileSource(
                            connection: place.connection, path: place.path, format: $0,
                            compression: endings.compression))
                }))
        return page
    }
}
