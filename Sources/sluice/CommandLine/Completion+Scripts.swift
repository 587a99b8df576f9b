extension Completion {
    /// `complete -F`: the words up to the cursor choose a line of the table.
    static func bash(_ entries: [Entry]) -> String {
        let commands = entries.map { entry in
            "        \(quoted(entry.command, for: .bash))) words=\(quoted(words(entry), for: .bash))"
                + "\(entry.takesFiles ? " files=yes" : "") ;;\n"
        }
        return """
            # bash completion for sluice; made by: sluice completion bash
            _sluice() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path=sluice word i words= files=
                # "--flag=value" comes as three words.
                if [ "$current" = = ]; then current=; elif [ "$previous" = = ]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case "$path ${COMP_WORDS[i]}" in
            \(cases(entries.dropFirst().map { quoted($0.command, for: .bash) }) { "            \($0)) path=\"$path ${COMP_WORDS[i]}\" ;;" })
                    esac
                done
                case "$path $previous" in
            \(valueCases(entries, for: .bash))
                esac
                case "$path" in
            \(commands.joined())    esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
                if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$current")); fi
            }
            complete -o filenames -F _sluice sluice

            """
    }

    /// A function of zsh's own system, which shows what each word means.
    static func zsh(_ entries: [Entry]) -> String {
        return """
            #compdef sluice
            # zsh completion for sluice; made by: sluice completion zsh
            _sluice() {
                local command=sluice previous=${words[CURRENT-1]} i
                local -a candidates
                for ((i = 2; i < CURRENT; i++)); do
                    case "$command ${words[i]}" in
            \(cases(entries.dropFirst().map { quoted($0.command, for: .zsh) }) { "            \($0)) command=\"$command ${words[i]}\" ;;" })
                    esac
                done
                case "$command $previous" in
            \(valueCases(entries, for: .zsh))
                esac
                case "$command" in
            \(zshCases(entries))
                esac
                _describe 'sluice' candidates
            }
            if [ "$funcstack[1]" = _sluice ]; then _sluice "$@"; else compdef _sluice sluice; fi

            """
    }

    /// One `complete` for each word, on the condition that the command typed so far is its own.
    static func fish(_ entries: [Entry]) -> String {
        var lines = [
            "# fish completion for sluice; made by: sluice completion fish",
            "function __sluice_command",
            "    set -l command sluice",
            "    for word in (commandline -opc)[2..-1]",
            "        switch \"$command $word\"",
            "            case " + entries.dropFirst().map { quoted($0.command, for: .fish) }.joined(separator: " "),
            "                set command \"$command $word\"",
            "        end",
            "    end",
            "    test \"$command\" = \"$argv\"",
            "end",
            "complete -c sluice -e",
            "complete -c sluice -f",
        ]
        for entry in entries {
            let start = "complete -c sluice -n \(quoted("__sluice_command \(entry.command)", for: .fish))"
            lines += entry.subcommands.map { "\(start) -a \($0.name) -d \(quoted($0.summary, for: .fish))" }
            if !entry.choices.isEmpty {
                lines.append("\(start) -a \(quoted(entry.choices.joined(separator: " "), for: .fish))")
            }
            if entry.takesFiles { lines.append("\(start) -F") }
            for option in entry.options {
                var line = "\(start) -l \(option.flag.dropFirst(2))"
                if let short = option.shortFlag { line += " -s \(short.dropFirst())" }
                if option.valueName != nil { line += isFile(option.valueName) ? " -r -F" : " -x" }
                if !option.choices.isEmpty {
                    line += " -a \(quoted(option.choices.joined(separator: " "), for: .fish))"
                }
                lines.append("\(line) -d \(quoted(option.help, for: .fish))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func words(_ entry: Entry) -> String {
        (entry.subcommands.map(\.name) + entry.choices
            + entry.options.flatMap { [$0.shortFlag, $0.flag].compactMap(\.self) }).joined(separator: " ")
    }

    private static func zshCases(_ entries: [Entry]) -> String {
        entries.map { entry in
            let described =
                entry.subcommands.map { "\($0.name):\($0.summary)" } + entry.choices
                + entry.options.map { "\($0.flag):\($0.help)" }
            let candidates = described.map { quoted($0, for: .zsh) }.joined(separator: " ")
            let files = entry.takesFiles ? " _files;" : ""
            return "        \(quoted(entry.command, for: .zsh)))\(files) candidates=(\(candidates)) ;;"
        }.joined(separator: "\n")
    }

    /// A `case` pattern for all of the words.
    private static func cases(_ words: [String], _ line: (String) -> String) -> String {
        line(words.joined(separator: "|"))
    }

    /// What follows an option that takes a value, and then nothing else does.
    private static func valueCases(_ entries: [Entry], for shell: Shell) -> String {
        entries.flatMap { entry in
            entry.options.filter { $0.valueName != nil }.map { option in
                let flags = [option.shortFlag, option.flag].compactMap(\.self)
                let patterns = flags.map { quoted("\(entry.command) \($0)", for: shell) }.joined(separator: "|")
                let action: String
                switch (shell, option.choices.isEmpty, isFile(option.valueName)) {
                case (.zsh, false, _): action = "compadd -- \(option.choices.joined(separator: " "))"
                case (.zsh, _, true): action = "_files"
                case (.bash, false, _):
                    action = "COMPREPLY=($(compgen -W '\(option.choices.joined(separator: " "))' -- \"$current\"))"
                case (.bash, _, true): action = "COMPREPLY=($(compgen -f -- \"$current\"))"
                default: action = ":"
                }
                return "        \(patterns)) \(action); return ;;"
            }
        }.joined(separator: "\n")
    }
}
