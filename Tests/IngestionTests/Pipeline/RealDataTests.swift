import Catalog
import Foundation
import Ingestion
import JSON
import Testing

/// Public data as it is, of `../shared/data`.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: RealData.folder)))
struct RealDataTests {
    private func pipeline(_ path: String, _ plan: RecordPlan, edit: (inout FileSource) -> Void) throws -> RecordPipeline
    {
        var file = FileSource(connection: "c", path: path, format: .csv)
        edit(&file)
        let roots = FileRoots([RealData.folder])
        return try RecordPipeline(try SourceReader.open(file, folder: RealData.folder, roots: roots), plan)
    }

    private func openFlights(_ name: String, _ columns: [DeclaredColumn], _ checks: [CheckSpec] = []) async throws
        -> Outcome
    {
        let target = columns.map { TargetColumn(name: $0.name, type: $0.type) }
        let plan = RecordPlan(target: target, declared: columns, checks: checks)
        return try await run(
            try pipeline("openflights/\(name)", plan) {
                $0.header = false
                $0.nullText = "\\N"
            })
    }

    @Test func airports() async throws {
        let outcome = try await openFlights(
            "airports.dat",
            try declared(
                "id bigint", "name text", "city text", "country text", "iata text", "icao text", "lat numeric",
                "lon numeric", "altitude int", "utc_offset numeric", "dst text", "zone text", "type text", "source text"
            ),
            [CheckSpec(name: "iata_code", columns: ["iata"], rule: .matches("^[A-Z]{3}$"))])
        #expect(outcome.counts.read == 7698 && outcome.counts.quarantined == 1 && outcome.counts.accepted == 7697)
        #expect(outcome.quarantined.first?.rule == "iata_code" && outcome.quarantined.first?.column == "iata")
        #expect(outcome.quarantined.first.map { String(decoding: $0.bytes, as: UTF8.self).contains("\"DU9\"") } == true)
    }

    @Test func airlines() async throws {
        let outcome = try await openFlights(
            "airlines.dat",
            try declared(
                "id bigint", "name text", "alias text", "iata text", "icao text", "callsign text", "country text",
                "active text"),
            [CheckSpec(name: "two", columns: ["iata"], rule: .matches("^..$"))])
        // Counted by themselves: the fourth field of each line, between quotes or \N.
        let text = try String(contentsOfFile: RealData.folder + "/openflights/airlines.dat", encoding: .utf8)
        let wrong = text.split(separator: "\n").filter { line in
            let fields = line.split(separator: ",\"", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count > 2 else { return false }
            return RealData.fourthField(of: line).map { $0.unicodeScalars.count != 2 } ?? false
        }
        #expect(outcome.counts.read == 6162)
        #expect(outcome.counts.quarantined == wrong.count && wrong.count > 0)
        #expect(
            outcome.quarantined.map { String(decoding: $0.bytes.dropLast(), as: UTF8.self) }
                == wrong.map { $0.trimmingCharacters(in: .init(charactersIn: "\r")) })
    }

    @Test func typesOfTheWeather() async throws {
        func types(_ name: String) async throws -> [String] {
            var file = FileSource(connection: "c", path: "nycflights13/\(name)", format: .csv)
            file.nullText = "NA"
            let reader = try SourceReader.open(file, folder: RealData.folder, roots: FileRoots([RealData.folder]))
            return try await Inspection.columns(of: reader).map { "\($0.name) \($0.type)" }
        }
        #expect(
            try await types("weather.csv") == [
                "origin text", "year bigint", "month bigint", "day bigint", "hour bigint", "temp numeric",
                "dewp numeric", "humid numeric", "wind_dir bigint", "wind_speed numeric", "wind_gust numeric",
                "precip numeric", "pressure numeric", "visib numeric", "time_hour timestamp with time zone",
            ])
        #expect(
            try await types("planes.csv") == [
                "tailnum text", "year bigint", "type text", "manufacturer text", "model text", "engines bigint",
                "seats bigint", "speed bigint", "engine text",
            ])
        let columns = try columns(
            "origin text", "year bigint", "temp numeric", "wind_gust numeric", "time_hour timestamptz")
        let plan = RecordPlan(target: columns, onNewColumn: .ignore)
        let outcome = try await run(try pipeline("nycflights13/weather.csv", plan) { $0.nullText = "NA" })
        #expect(outcome.counts.accepted == 26_115 && outcome.counts.quarantined == 0)
        #expect(outcome.copy.hasPrefix("EWR\t2013\t39.02\t\\N\t2013-01-01T06:00:00Z\n"))
    }

    @Test func routes() async throws {
        let outcome = try await openFlights(
            "routes.dat",
            try declared(
                "airline text", "airline_id bigint", "origin text", "origin_id bigint", "target text",
                "target_id bigint", "codeshare text", "stops int", "equipment text"))
        #expect(outcome.counts.read == 67663 && outcome.counts.accepted == 67663)
    }
}

enum RealData {
    static let folder: String = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/data").resolvingSymlinksInPath().path

    /// The fourth field of a line of CSV; `nil` when it is `\N`.
    static func fourthField(of line: Substring) -> String? {
        var fields: [String] = [""]
        var isQuoted = false
        for character in line.unicodeScalars {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].unicodeScalars.append(character)
            }
        }
        return fields[3] == "\\N" ? nil : fields[3]
    }
}
