public import JSON

/// As a stage's progress keeps it. Only the same program reads it again, but nothing is taken on trust.
extension ReadingPosition {
    public var json: JSONValue {
        var object: JSONObject = [
            "byteOffset": JSONValue(byteOffset), "read": JSONValue(counts.read), "accepted": JSONValue(counts.accepted),
            "quarantined": JSONValue(counts.quarantined), "dropped": JSONValue(counts.dropped),
            "warned": JSONValue(counts.warned),
            "failedChecks": .array(
                counts.failedChecks.sorted { $0.key < $1.key }.map {
                    ["check": .string($0.key), "count": JSONValue($0.value)]
                }),
        ]
        if let decoder {
            object["decoder"] = [
                "nextLine": JSONValue(decoder.lines.nextLine), "consumed": JSONValue(decoder.lines.consumed),
                "rescanned": JSONValue(decoder.lines.rescanned), "names": decoder.names.map { JSONValue($0) } ?? .null,
            ]
        }
        return .object(object)
    }

    /// `nil` for what no pipeline has written.
    public init?(_ json: JSONValue) {
        func count(_ name: String) -> Int? { json[name]?.intValue.flatMap { $0 >= 0 ? $0 : nil } }
        guard let offset = count("byteOffset"), let read = count("read"), let accepted = count("accepted"),
            let quarantined = count("quarantined"), let dropped = count("dropped"), let warned = count("warned"),
            let failed = json["failedChecks"]?.arrayValue
        else { return nil }
        self.init()
        byteOffset = offset
        (counts.read, counts.accepted, counts.quarantined) = (read, accepted, quarantined)
        (counts.dropped, counts.warned) = (dropped, warned)
        for item in failed {
            guard let check = item["check"]?.stringValue, let count = item["count"]?.intValue, count > 0 else {
                return nil
            }
            counts.failedChecks[check] = count
        }
        guard let place = json["decoder"] else { return }
        guard let decoder = DecoderPosition(place) else { return nil }
        self.decoder = decoder
    }
}

extension DecoderPosition {
    fileprivate init?(_ json: JSONValue) {
        guard let nextLine = json["nextLine"]?.intValue, nextLine > 0, let consumed = json["consumed"]?.intValue,
            consumed >= 0, let rescanned = json["rescanned"]?.intValue, rescanned >= 0, let given = json["names"]
        else { return nil }
        lines = CSVRecordScanner.Position(nextLine: nextLine, consumed: consumed, rescanned: rescanned)
        guard !given.isNull else { return }
        guard let texts = given.arrayValue?.map(\.stringValue), !texts.contains(nil) else { return nil }
        names = texts.compactMap(\.self)
    }
}
