extension Command {
    /// `revoke` of a noun whose members go by their ids; stops at the first that cannot be revoked.
    static func revoking(_ noun: String, at path: String, _ summary: String) -> Command {
        client(
            "revoke", aliases: ["delete"], summary, operands: "ID…",
            operandHint: "sluice \(noun) list shows the ids.",
            examples: ["sluice \(noun) revoke 41", "sluice \(noun) revoke 41 42"]
        ) { arguments, client in
            for id in arguments.operands {
                try client.delete("\(path)/\(APIPath.segment(id))")
                if !arguments.has(.json) {
                    Output.note("\(noun.prefix(1).uppercased())\(noun.dropFirst()) \(id) is revoked.")
                }
            }
        }
    }
}
