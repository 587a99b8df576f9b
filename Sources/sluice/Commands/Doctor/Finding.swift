internal import JSON

/// One thing that doctor looked at.
struct Finding: Sendable, Equatable {
    enum State: String, Sendable {
        case ok, fault
        /// It could not be looked at.
        case skipped
    }

    /// One word for it.
    var check: String
    var state: State
    /// What is so.
    var what: String
    /// What comes of it; of a fault only.
    var why: String?
    /// The command to give, or what else to do; of a fault only.
    var remedy: String?

    static func ok(_ check: String, _ what: String) -> Finding { Finding(check: check, state: .ok, what: what) }

    static func skipped(_ check: String, _ what: String) -> Finding {
        Finding(check: check, state: .skipped, what: what)
    }

    static func fault(_ check: String, _ what: String, why: String, remedy: String) -> Finding {
        Finding(check: check, state: .fault, what: what, why: why, remedy: remedy)
    }

    func text(on terminal: Terminal) -> String {
        let colour: Terminal.Colour = state == .ok ? .green : state == .fault ? .red : .yellow
        var text = terminal.paint(DisplayText.padded(state.rawValue, to: 7), colour)
        text += "  \(DisplayText.padded(check, to: 11))  \(DisplayText.escaped(what))\n"
        let indent = String(repeating: " ", count: 22)
        if let why { text += "\(indent)Why: \(DisplayText.escaped(why))\n" }
        if let remedy { text += "\(indent)Do:  \(terminal.paint(DisplayText.escaped(remedy), .bold))\n" }
        return text
    }

    var value: JSONValue {
        var object: JSONObject = ["check": .string(check), "state": .string(state.rawValue), "what": .string(what)]
        if let why { object["why"] = .string(why) }
        if let remedy { object["remedy"] = .string(remedy) }
        return .object(object)
    }
}
