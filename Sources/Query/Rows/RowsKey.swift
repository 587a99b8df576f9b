internal import Postgres

/// The order in which rows are paged, complete: what was asked for, then what breaks ties.
struct RowsKey: Sendable, Equatable {
    struct Term: Sendable, Equatable {
        /// SQL of the value.
        var expression: String
        /// The type a cursor's value is cast to.
        var castName: String
        var isDescending = false
        var nulls: RowsRequest.Nulls = .last
        /// Whether the caller may meet NULL here. Any column may be one for it, by a mask or for want of a grant.
        var isNullable = true
        /// The column, where the value is just one.
        var column: String?
    }

    var terms: [Term]
    /// Whether two rows may have equal keys.
    var hasTies: Bool

    /// No order at all.
    static let none = RowsKey(terms: [], hasTies: false)

    private init(terms: [Term], hasTies: Bool) {
        self.terms = terms
        self.hasTies = hasTies
    }

    /// An exact primary key breaks every tie. Without one, equal rows are told apart by a digest of what is selected:
    /// rows with one digest look the same, so which of them came first does not matter, and they are counted.
    init(_ request: RowsRequest, of source: RowsSource) {
        terms = request.order.map {
            Term(
                expression: SQL.quoted(identifier: $0.column.name), castName: $0.column.type.castName,
                isDescending: $0.isDescending,
                nulls: $0.nulls, isNullable: !(source.hasExactKey && source.primaryKey.contains($0.column.name)),
                column: $0.column.name)
        }
        for name in source.primaryKey where !request.order.contains(where: { $0.column.name == name }) {
            guard let column = source.column(named: name), column.type.isOrderable, !column.changesByStatement else {
                continue
            }
            terms.append(
                Term(
                    expression: SQL.quoted(identifier: name), castName: column.type.castName,
                    isNullable: !source.hasExactKey,
                    column: name))
        }
        hasTies = !source.hasExactKey
        guard hasTies, request.limit != .all || request.cursor != nil else { return }
        let row = request.select.map { SQL.quoted(identifier: $0.name) }.joined(separator: ", ")
        terms.append(
            Term(
                expression: "pg_catalog.hashtextextended(ROW(\(row))::pg_catalog.text, 0)",
                castName: "pg_catalog.int8", isNullable: false))
    }

    /// Throws where pages would be continued by values that the next statement does not have.
    static func check(_ request: RowsRequest, of source: RowsSource) throws(RowsError) {
        if let column = request.order.first(where: { $0.column.changesByStatement })?.column {
            throw RowsError(
                parameter: "order",
                "\(column.name) is masked to another value in every statement, so pages cannot be ordered by it: "
                    + "ask with limit=all")
        }
        if !source.hasExactKey, let column = request.select.first(where: \.changesByStatement) {
            throw RowsError(
                parameter: "limit",
                "\(column.name) is masked to another value in every statement, and without a primary key pages are told "
                    + "apart by what is selected: ask with limit=all, or select other columns")
        }
    }

    /// `"a" DESC, "id"`
    var orderBy: String {
        terms.map { term in
            let isDefault = term.nulls == (term.isDescending ? .first : .last)
            return term.expression + (term.isDescending ? " DESC" : "")
                + (isDefault || !term.isNullable ? "" : " NULLS \(term.nulls.rawValue)")
        }.joined(separator: ", ")
    }

    /// The condition that a row comes after `values`, or with them when equals are skipped by count.
    ///
    /// `bind` gives the placeholder for a value. As one row comparison, which an index answers, where all terms run the same
    /// way without NULLs.
    func condition(after values: [String?], bind: (String) -> String) -> String {
        let placeholders = zip(terms, values).map { term, value in
            value.map { "\(bind($0))::\(term.castName)" }
        }
        let isUniform = terms.allSatisfy { !$0.isNullable && $0.isDescending == terms[0].isDescending }
        if isUniform, !placeholders.contains(nil) {
            let comparison = (terms[0].isDescending ? "<" : ">") + (hasTies ? "=" : "")
            let left = terms.map(\.expression).joined(separator: ", ")
            let right = placeholders.compactMap(\.self).joined(separator: ", ")
            return terms.count == 1 ? "\(left) \(comparison) \(right)" : "ROW(\(left)) \(comparison) ROW(\(right))"
        }
        var alternatives: [String] = []
        var equal: [String] = []
        for (term, placeholder) in zip(terms, placeholders) {
            if let after = Self.after(term, placeholder) {
                alternatives.append((equal + [after]).joined(separator: " AND "))
            }
            equal.append(placeholder.map { "\(term.expression) = \($0)" } ?? "\(term.expression) IS NULL")
        }
        if hasTies { alternatives.append(equal.joined(separator: " AND ")) }
        if alternatives.isEmpty { return "false" }
        return "(" + alternatives.joined(separator: " OR ") + ")"
    }

    /// The condition that the term's value sorts after the placeholder's, or after NULL without one; `nil` if nothing does.
    private static func after(_ term: Term, _ placeholder: String?) -> String? {
        guard let placeholder else { return term.nulls == .first ? "\(term.expression) IS NOT NULL" : nil }
        let comparison = "\(term.expression) \(term.isDescending ? "<" : ">") \(placeholder)"
        return term.isNullable && term.nulls == .last ? "(\(comparison) OR \(term.expression) IS NULL)" : comparison
    }
}
