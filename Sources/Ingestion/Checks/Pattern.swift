internal import CPCRE2

/// A regular expression (PCRE2, UTF-8), compiled to machine code where that is possible. For one thread.
///
/// It matches where it occurs in the text, so `^` and `$` say what is meant of the whole; `$` is the very end, not also
/// the place before a last line break. `\d` and `\w` are ASCII's, `\p{…}` is Unicode's.
final class Pattern: ValueRule {
    private let code: OpaquePointer
    private let match: OpaquePointer
    private let context: OpaquePointer

    /// Backtracking steps and depth that one value may cost; beyond it does not match. At about 100 million a second.
    private static let stepLimit: UInt32 = 1_000_000
    private static let heapKiB: UInt32 = 1024

    /// - Parameter check: Its name, for the error.
    init(_ text: String, check: String) throws(SourceFailure) {
        let bytes = Array(text.utf8)
        var error: Int32 = 0
        var offset = 0
        let options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C
        let compiled = bytes.withUnsafeBufferPointer {
            pcre2_compile_8($0.baseAddress, $0.count, UInt32(options), &error, &offset, nil)
        }
        guard let compiled else {
            throw SourceFailure(
                .invalidCheck, "check \(check): the pattern is wrong at byte \(offset): \(Self.message(error))",
                hint: "Patterns are written as PCRE2 reads them.")
        }
        guard let match = pcre2_match_data_create_8(1, nil), let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(compiled)
            throw SourceFailure(.limitExceeded, "there is no memory for the pattern of check \(check)")
        }
        pcre2_set_match_limit_8(context, Self.stepLimit)
        pcre2_set_depth_limit_8(context, Self.stepLimit)
        pcre2_set_heap_limit_8(context, Self.heapKiB)
        // Where the machine forbids making code, matching interprets the pattern.
        pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
        code = compiled
        self.match = match
        self.context = context
    }

    deinit {
        pcre2_match_context_free_8(context)
        pcre2_match_data_free_8(match)
        pcre2_code_free_8(code)
    }

    /// Whether the pattern occurs in `text`, which is valid UTF-8. What costs more than the limits does not match.
    override func accepts(_ text: Span<UInt8>) -> Bool {
        text.withUnsafeBufferPointer { bytes in
            // A subject must not be NULL, even an empty one.
            guard let start = bytes.baseAddress else { return Self.empty.withUnsafeBufferPointer { run($0, 0) } }
            return run(UnsafeBufferPointer(start: start, count: bytes.count), bytes.count)
        }
    }

    private static let empty: [UInt8] = [0]

    private func run(_ bytes: UnsafeBufferPointer<UInt8>, _ count: Int) -> Bool {
        pcre2_match_8(code, bytes.baseAddress, count, 0, UInt32(PCRE2_NO_UTF_CHECK), match, context) >= 0
    }

    private static func message(_ error: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : "error \(error)"
    }
}
