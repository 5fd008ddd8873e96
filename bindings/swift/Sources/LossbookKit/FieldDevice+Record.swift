import LossbookFFI

extension FieldDevice {
    // MARK: Reading

    /// One page of the task list, newest first, at most 50 rows.
    ///
    /// - Parameters:
    ///   - text: what to search for: name, place, number, cause.
    ///   - scope: only cases of this scope.
    ///   - cursor: `next` of the page before.
    public func cases(
        matching text: String? = nil,
        in scope: String? = nil,
        after cursor: String? = nil,
        limit: UInt32 = 50
    ) async throws -> CasePage {
        let query = CaseQuery(text: text, scope: scope, after: cursor, limit: limit)
        return try await call { try $0.cases(query: query) }
    }

    /// The whole task list, page by page.
    public func pages(matching text: String? = nil, in scope: String? = nil) -> Pages<CasePage> {
        Pages { [self] cursor in
            let page = try await cases(matching: text, in: scope, after: cursor)
            return (page, page.next)
        }
    }

    /// Everything that the screen of a case shows, in one call.
    ///
    /// - Parameter id: id or number of the case.
    public func screen(of id: String) async throws -> CaseScreen {
        try await call { try $0.caseScreen(case: id) }
    }

    /// What happened in a case, newest first, page by page.
    public func timeline(of id: String, pageOf limit: UInt32 = 50) -> Pages<TimelinePage> {
        Pages { [self] cursor in
            let page = try await call {
                try $0.timeline(case: id, after: cursor, limit: limit)
            }
            return (page, page.next)
        }
    }

    /// What others changed since the signed-in person last looked. Looking starts anew.
    public func news(of id: String) async throws -> NewsView {
        try await call { try $0.news(case: id) }
    }

    /// The sections and fields of a case with their names, kinds and the choices of its contract;
    /// without a case, those of a new report.
    public func form(of id: String? = nil) async throws -> [SectionForm] {
        try await call { try $0.form(case: id) }
    }

    /// The contracts that this phone has rules for.
    public func contracts() async throws -> [ContractView] {
        try await call { try $0.contracts() }
    }

    /// The perils, items, covers, questions and shots of a contract.
    public func contract(_ id: String) async throws -> ContractForm {
        try await call { try $0.contract(id: id) }
    }

    // MARK: Writing

    /// Reports a loss. It is saved when this returns.
    ///
    /// - Parameters:
    ///   - fields: names of the report section, such as `household` or `cause`.
    ///   - scope: may be left out when the person works in one only.
    @discardableResult
    public func report(_ fields: [FieldEdit], in scope: String? = nil) async throws -> SavedCase {
        let new = NewReport(scope: scope, fields: fields)
        return try await call { try $0.reportLoss(new: new) }
    }

    /// Writes fields of a case by path: all of them in one change, or none.
    public func set(_ edits: [FieldEdit], in id: String) async throws {
        try await call { try $0.setFields(case: id, edits: edits) }
    }

    /// Adds a row, such as a loss line, and gives its id.
    @discardableResult
    public func addRow(
        to section: String, of id: String, fields: [FieldEdit]
    ) async throws -> String {
        try await call { try $0.addRow(case: id, section: section, fields: fields) }
    }

    /// Withdraws a row with a reason: it stays readable and no longer counts.
    ///
    /// - Parameter row: as `lines.<row id>`.
    public func withdraw(_ row: String, of id: String, reason: String) async throws {
        try await call { try $0.withdraw(case: id, row: row, reason: reason) }
    }

    /// Settles a dispute by one of its choices, with a reason that becomes part of the record.
    public func settle(
        _ path: String, of id: String, as chosen: String, reason: String
    ) async throws {
        try await call { try $0.settle(case: id, path: path, chosen: chosen, reason: reason) }
    }
}
