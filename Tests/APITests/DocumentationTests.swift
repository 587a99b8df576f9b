import Catalog
import JSON
import Scheduling
import TestSupport
import Testing
import Work
import YAML

@testable import API
@testable import HTTPServer

/// What is documented is what there is, and back.
@Suite struct DocumentationTests {
    @Test func everyRouteIsInTheOpenAPIDocumentAndBack() throws {
        var router = API.router()
        API.addMetrics(MetricsRegistry(), to: &router)
        let routes = Set(router.routes.map { "\($0.method.rawValue) \($0.pattern)" })
        let document = try #require(try YAMLDocument.parse(Repository.text("openapi/openapi.yaml")).first).value
        let paths = try #require(document["paths"]?.objectValue)
        var documented: Set<String> = []
        for (path, operations) in paths {
            for method in (operations.objectValue ?? [:]).keys where method != "parameters" {
                documented.insert("\(method.uppercased()) \(path)")
            }
        }
        #expect(routes.subtracting(documented).sorted() == [], "not in openapi.yaml")
        #expect(documented.subtracting(routes).sorted() == [], "documented, but no route")
    }

    @Test func everyProblemCodeIsExplainedAndBack() throws {
        let codes = Set(
            RefusalCode.allCases.map(\.rawValue) + Problem.serverCodes + QueueCode.allCases.map(\.rawValue)
                + JobFailure.codes)
        let headings = try Repository.text("docs/errors.md").split(separator: "\n")
            .filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
        #expect(codes.subtracting(headings).sorted() == [], "not in docs/errors.md")
        #expect(Set(headings).subtracting(codes).sorted() == [], "explained, but never answered")
    }

    /// The title is the code in words, whoever answers with it.
    @Test func everyCodeHasOneTitle() throws {
        var titles: [String: Set<String>] = [:]
        for code in RefusalCode.allCases { titles[code.rawValue, default: []].insert(code.title) }
        for code in QueueCode.allCases { titles[code.rawValue, default: []].insert(code.title) }
        let problems =
            WireError.allCases.map(\.problem) + [.internalError, .notFound(), .bodyTooLarge(limit: 1), .draining]
            + [try #require(notAcceptable)]
        for problem in problems { titles[problem.code, default: []].insert(problem.title) }
        var code = ""
        for line in try Repository.text("docs/errors.md").split(separator: "\n") {
            if line.hasPrefix("## ") { code = String(line.dropFirst(3)) }
            guard line.hasPrefix(" \"title\": \""), line.hasSuffix("\",") else { continue }
            titles[code, default: []].insert(String(line.dropFirst(11).dropLast(2)))
        }
        for (code, title) in try problemsOfTheQueue() { titles[code, default: []].insert(title) }
        for (code, found) in titles { #expect(found.count == 1, "\(code): \(found.sorted())") }
    }

    /// Code and title of every problem that the functions of `control` write.
    private func problemsOfTheQueue() throws -> [(String, String)] {
        let found = try ["m0003_transitions", "m0004_leader"].flatMap { name in
            try Repository.text("migrations/control/\(name).sql")
                .matches(of: /sluice\.problem\(\s*'(\w+)', '([^']+)'/).map { (String($0.1), String($0.2)) }
        }
        #expect(Set(found.map(\.0)) == Set(QueueCode.allCases.map(\.rawValue)).subtracting(["job_died"]))
        return found
    }

    private var notAcceptable: Problem? {
        do throws(Problem) { _ = try Negotiation.choose(["Accept": "image/png"], from: ["text/csv"]) } catch {
            return error
        }
        return nil
    }

    @Test func theServedDocumentIsTheOneInTheRepository() throws {
        let embedded = embeddedTexts.first { $0.path == "openapi/openapi.yaml" }?.text
        // The embedding adds one line break at the end.
        #expect(try embedded?.hasPrefix(Repository.text("openapi/openapi.yaml")) == true)
    }
}
