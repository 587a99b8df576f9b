import Catalog
import Postgres

extension [DatasetDefinition.Rule<MaskSpec>] {
    /// Whether one of the masks needs the statement's salt.
    fileprivate var hasSalt: Bool { contains { $0.body.kind == .sha256Query } }
}

/// The functions and the view that enforce a dataset's definition; pure text, made from checked parts only.
struct CompiledDataset: Sendable, Equatable {
    struct Function: Sendable, Equatable {
        /// As in `regprocedure`: schema, name, argument type.
        var signature: String
        /// The statement that makes it, cut where the text's id goes (`sluice.enforcement.text_id`).
        private var pieces: [String]

        /// - Parameter create: The statement for the id it is given as text.
        init(signature: String, create: (_ text: String) -> String) {
            self.signature = signature
            // A mark that no checked name and no quoted literal can hold: NUL is refused everywhere.
            let mark = "\u{0}"
            pieces = create(mark).split(separator: mark, omittingEmptySubsequences: false).map(String.init)
        }

        /// The statement that makes the function; a new text needs a new id.
        func create(text: Int64) -> String { pieces.joined(separator: "\(text)") }
    }

    /// Columns the view reads through a function.
    var governed: Set<Int>
    /// One per governed column, and `rows_<id>` last.
    var functions: [Function]
    var view: String
    var storedMasks: CompiledStoredMasks

    init(_ dataset: DatasetDefinition) {
        // Once governed, a column stays so: the view changes with the first rule only.
        let columns = dataset.columns.map { column in
            (column, dataset.masks(on: column), dataset.denials(on: column))
        }
        let governed = columns.filter { column, masks, denials in
            column.governed || dataset.hasColumnGrants || !masks.isEmpty || !denials.isEmpty
        }
        self.governed = Set(governed.map(\.0.id))
        functions = governed.map { Self.function(of: $0, masks: $1, denials: $2, in: dataset) }
        functions.append(Self.rowsFunction(of: dataset))
        view = Self.view(of: dataset, governed: self.governed)
        storedMasks = CompiledStoredMasks(dataset)
    }

    static func table(_ id: Int64) -> String { "store.d\(id)" }
    static func columnFunction(_ dataset: Int64, _ column: Int) -> String { "sluice.col_\(dataset)_\(column)" }
    static func rowsFunction(_ dataset: Int64) -> String { "sluice.rows_\(dataset)" }

    /// `col_<dataset>_<column>(value, stored masks)`: the value as the session's principal may see it. Called with values
    /// of one's own choice, it gives back what it was given or what everybody may compute.
    private static func function(
        of column: DatasetDefinition.Column, masks: [DatasetDefinition.Rule<MaskSpec>],
        denials: [DatasetDefinition.Rule<Void>], in dataset: DatasetDefinition
    ) -> Function {
        let type = column.type.baseSpelling
        let name = columnFunction(dataset.id, column.id)
        let stored = dataset.storedMasks(on: column)
        let storedTypes = stored.map { $0.spelling(of: column.type) }
        let salt = masks.hasSalt ? ["bytea"] : []
        let types = [type] + storedTypes + salt
        // By place: a function that is replaced keeps the names of its parameters.
        let parameters =
            ["value \(type)"] + storedTypes.enumerated().map { "stored_\($0) \($1)" } + salt.map { "salt \($0)" }
        return Function(signature: "\(name)(\(types.joined(separator: ",")))") { text in
            let denied = denials.map { rule in
                "WHEN sluice.denied(\(rule.id), \(text), sluice.epoch()) AND NOT \(rule.exempt(text: text)) "
                    + "THEN NULL::\(type)"
            }
            let masked = masks.map { rule in
                let index = rule.body.stored(on: column.id, tokenKeys: dataset.tokenKeys).flatMap {
                    stored.firstIndex(of: $0)
                }
                let stored = index.map { "stored_\($0)" } ?? "NULL"
                return "WHEN NOT \(rule.exempt(text: text)) "
                    + "THEN \(rule.body.sql("value", of: column.type, stored: stored, salt: "salt"))"
            }
            let cases = denied + masked
            var body = cases.isEmpty ? "value" : "CASE \(cases.joined(separator: " ")) ELSE value END"
            if dataset.hasColumnGrants {
                body = """
                    CASE WHEN sluice.before(sluice.column_until(\(dataset.id), \(column.id), \(text), sluice.epoch())) \
                    THEN \(body) ELSE sluice.ungranted(NULL::\(type), \(SQL.quoted(literal: column.name)), \
                    sluice.column_raises(\(dataset.id), sluice.epoch())) END
                    """
            } else if cases.isEmpty {
                body = "CASE WHEN sluice.in_force(\(text), sluice.epoch()) THEN value END"
            }
            return """
                CREATE OR REPLACE FUNCTION \(name)(\(parameters.joined(separator: ", "))) RETURNS \(type)
                LANGUAGE sql STABLE PARALLEL SAFE RETURN \(body)
                """
        }
    }

    /// `rows_<dataset>(row)`: whether the session's principal may see the row; filters are joined by AND. A filter that
    /// does not fit the dataset's columns shows no row to those it binds.
    private static func rowsFunction(of dataset: DatasetDefinition) -> Function {
        let conditions = dataset.filtersInForce.map { rule in
            (rule: rule, expression: (try? dataset.parse(filter: rule.body))?.sql(row: "r"))
        }
        let name = rowsFunction(dataset.id)
        return Function(signature: "\(name)(\(table(dataset.id)))") { text in
            let checks = conditions.map { rule, expression in
                let exempt = rule.exempt(text: text)
                return expression.map { "(\(exempt) OR (\($0)))" } ?? exempt
            }
            let body = checks.isEmpty ? "sluice.in_force(\(text), sluice.epoch())" : checks.joined(separator: " AND ")
            return """
                CREATE OR REPLACE FUNCTION \(name)(r \(table(dataset.id))) RETURNS boolean
                LANGUAGE sql STABLE PARALLEL SAFE RETURN \(body)
                """
        }
    }

    /// The governed view. Plain: a barrier view is never flattened. Its condition is a one-time filter, the fence.
    private static func view(of dataset: DatasetDefinition, governed: Set<Int>) -> String {
        let columns = dataset.columns.map { column in
            let name = SQL.quoted(identifier: column.name)
            guard governed.contains(column.id) else { return name }
            // A sub-select is evaluated once for a statement, or for a cursor.
            let salt = dataset.masks(on: column).hasSalt ? ["(SELECT sluice.query_salt())"] : []
            let arguments = [name] + dataset.storedMasks(on: column).map(\.name) + salt
            return
                "\(columnFunction(dataset.id, column.id))(\(arguments.joined(separator: ", ")))::\(column.type.spelling) AS \(name)"
        }
        let name =
            SQL.quoted(identifier: dataset.address.domain) + "." + SQL.quoted(identifier: dataset.address.name)
        return """
            CREATE OR REPLACE VIEW \(name) AS SELECT \(columns.joined(separator: ", "))
            FROM \(table(dataset.id))
            WHERE CASE WHEN (SELECT last_value FROM sluice.epoch_seq) <= sluice.allowed(\(dataset.id), sluice.epoch())
                THEN CASE WHEN sluice.before(sluice.granted_until(\(dataset.id), sluice.epoch())) THEN true
                    ELSE sluice.expired() END
                ELSE sluice.stale() END
            """
    }
}

extension DatasetDefinition.Rule {
    /// Whether the session's principal is excepted, in SQL: a constant once planned, and a look at the clock only where an
    /// exception ends.
    fileprivate func exempt(text: String) -> String {
        hasEndingExceptions
            ? "sluice.before(sluice.exempt_until(\(id), \(text), sluice.epoch()))"
            : "sluice.exempt(\(id), \(text), sluice.epoch())"
    }
}
