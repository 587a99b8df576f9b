public import SQLSyntax

/// What a policy test may do before an apply commits, where it runs inside the transaction of the change.
///
/// There it could hold locks that outlive the transaction, change settings of the server's session, or run SQL from text.
/// Whatever cannot be told to be harmless runs after the commit only.
public enum ConfinedStatement {
    /// Why `statement` cannot run there; `nil`: it can.
    public static func obstacle(in statement: ReadingStatement) -> String? {
        for relation in statement.relations {
            guard let schema = relation.schema, !schema.hasPrefix("pg_"), !schema.hasPrefix("sluice"),
                schema != "information_schema", schema != "store"
            else {
                return "it reads \(relation.schema.map { "\($0)." } ?? "")\(relation.name), which is no DOMAIN.DATASET"
            }
        }
        for function in statement.functions {
            guard function.schema ?? "pg_catalog" == "pg_catalog", functions.contains(function.name) else {
                return
                    "it calls \(function.schema.map { "\($0)." } ?? "")\(function.name), which is not among the functions that may"
            }
        }
        return nil
    }

    /// Of `pg_catalog`: aggregates, window functions, and functions of texts, numbers, times, arrays and JSON that compute
    /// from their arguments alone, in memory that these bound.
    private static let functions: Set<String> = [
        "count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every", "string_agg", "array_agg", "json_agg",
        "jsonb_agg", "stddev", "variance", "percentile_cont", "percentile_disc", "mode",
        "row_number", "rank", "dense_rank", "percent_rank", "ntile", "lag", "lead", "first_value", "last_value",
        "nth_value",
        "lower", "upper", "initcap", "length", "char_length", "character_length", "octet_length", "left", "right",
        "substr", "substring", "position", "strpos", "btrim", "ltrim", "rtrim", "replace", "translate", "split_part",
        "concat", "concat_ws", "reverse", "starts_with", "overlay", "md5", "sha256", "encode", "decode", "ascii",
        "chr", "to_hex", "regexp_replace", "regexp_match", "regexp_matches", "regexp_like", "regexp_count",
        "similar_to_escape", "like_escape",
        "abs", "round", "floor", "ceil", "ceiling", "trunc", "mod", "sign", "sqrt", "power", "ln", "exp", "log",
        "date_trunc", "date_part", "extract", "age", "now", "to_char", "to_date", "to_timestamp", "to_number",
        "make_date", "timezone", "isfinite",
        "cardinality", "array_length", "array_to_string", "string_to_array", "array_position", "unnest",
        "to_json", "to_jsonb", "row_to_json", "json_build_object", "jsonb_build_object", "json_array_length",
        "jsonb_array_length", "jsonb_typeof", "num_nulls", "num_nonnulls",
    ]
}
