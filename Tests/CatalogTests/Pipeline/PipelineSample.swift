import JSON

/// Bodies of pipelines, right ones and ones with something changed.
enum PipelineSample {
    static let ingest: JSONObject = [
        "from": ["connection": "openflights", "path": "airports.csv"],
        "to": ["dataset": "travel.airports", "mode": "append"],
    ]

    /// As short as it can be.
    static let body = step([:])

    /// A pipeline of one step, with these fields of `ingest` in place of or besides the sample's.
    static func step(_ fields: JSONObject) -> JSONValue {
        var ingest = ingest
        for (name, value) in fields { ingest[name] = value }
        return ["steps": [["name": "load", "ingest": .object(ingest)]]]
    }

    /// A pipeline of one step with one field of `from` or `to` changed.
    static func with(_ name: String, _ value: JSONValue, in part: String) -> JSONValue {
        var object = ingest[part]?.objectValue ?? [:]
        object[name] = value
        return step([part: .object(object)])
    }

    /// A pipeline with one field besides its steps.
    static func with(_ name: String, _ value: JSONValue) -> JSONValue {
        var object = body.objectValue ?? [:]
        object[name] = value
        return .object(object)
    }

    /// Steps that load datasets of their own names.
    static func steps(_ steps: [(name: String, after: [String])]) -> JSONValue {
        [
            "steps": .array(
                steps.map { name, after in
                    var ingest = ingest
                    ingest["to"] = ["dataset": .string("travel.\(name)"), "mode": "replace"]
                    return ["name": .string(name), "after": JSONValue(after), "ingest": .object(ingest)]
                })
        ]
    }

    /// A check with these fields besides its name, on declared columns `id`, `iata` and `note`.
    static func check(_ fields: JSONObject) -> JSONValue {
        var check: JSONObject = ["name": "rule"]
        for (name, value) in fields { check[name] = value }
        return step([
            "columns": [
                ["name": "id", "type": "bigint"], ["name": "iata", "type": "text"], ["name": "note", "type": "json"],
            ],
            "checks": [.object(check)],
        ])
    }

    /// The pipeline of api.md, with the one kind of step there is.
    static let contract: JSONValue = [
        "description": "All airports, nightly",
        "schedule": ["cron": "0 3 * * *", "timeZone": "Europe/Vienna", "gap": "run-after", "overlap": "first"],
        "retry": ["attempts": 5, "baseSeconds": 2, "maxSeconds": 600], "timeoutSeconds": 3600,
        "pool": ["name": "warehouse", "slots": 1],
        "steps": [
            [
                "name": "load",
                "ingest": [
                    "from": [
                        "connection": "openflights", "path": "airports.dat", "format": "csv", "header": false,
                        "nullText": "\\N",
                    ],
                    "columns": [
                        ["name": "id", "type": "bigint"], ["name": "name", "type": "text"],
                        ["name": "iata", "type": "text"],
                    ],
                    "to": ["dataset": "travel.airports", "mode": "upsert", "key": ["id"]],
                    "onNewColumn": "add", "onTypeError": "quarantine", "maxQuarantinedShare": 0.1,
                    "checks": [
                        ["name": "iata_code", "column": "iata", "matches": "^[A-Z]{3}$", "onFailure": "quarantine"]
                    ],
                ],
            ]
        ],
    ]

    static let everyCheck = step([
        "checks": [
            ["name": "a", "column": "x", "notNull": true, "onFailure": "fail"],
            ["name": "b", "columns": ["x", "y"], "unique": true, "onFailure": "drop"],
            ["name": "c", "column": "x", "range": ["min": 0, "max": "9.50"], "onFailure": "warn"],
            ["name": "d", "column": "x", "in": ["a", 1, true]],
            ["name": "e", "column": "x", "unique": true],
        ]
    ])
}
