import LossbookKit
import Observation

/// A row of damage or of the loss list that is being written.
public struct RowDraft: Identifiable, Sendable {
    /// `damage`, `lines`, `parties`, `objects`, …
    public let section: String
    /// The row, if it exists already.
    public let row: String?
    public var entries: [Entry]

    public var id: String { row ?? section }
}

/// Damage and loss lines of a case, with the payable amount as the core computes it from them.
@MainActor
@Observable
public final class LossLines {
    public let file: CaseFile
    public let saving = Work()
    /// The row that is being written.
    public var draft: RowDraft?

    public init(_ file: CaseFile) {
        self.file = file
    }

    /// The rows of a section, also those that were withdrawn.
    public func rows(of section: String) -> [RowView] {
        file.screen.content.value?.sections.first { $0.key == section }?.rows ?? []
    }

    /// Begins a row, new or existing.
    public func begin(section: String, row: RowView? = nil) async {
        let (device, id) = (file.device, file.id)
        guard let form = try? await device.form(of: id).first(where: { $0.key == section }) else {
            return
        }
        let entries = form.fields.filter { $0.mayWrite && $0.name != "removed" }.map { field in
            Entry(field, text: row?.fields.first { $0.name == field.name }?.value ?? "")
        }
        draft = RowDraft(section: section, row: row?.id, entries: entries)
    }

    /// Saves the row that is being written; the screen then shows the new payable amount.
    @discardableResult
    public func save() async -> Bool {
        guard var draft else { return false }
        draft.entries.clearProblems()
        let changed = draft.entries.filter(\.isChanged)
        guard !changed.isEmpty else {
            self.draft = nil
            return true
        }
        let (device, id, section, row) = (file.device, file.id, draft.section, draft.row)
        let prefix = row.map { "\(section).\($0)." } ?? ""
        let edits = changed.map { FieldEdit(name: prefix + $0.field.name, value: $0.text) }
        let isSaved = await saving.succeeds {
            if row == nil {
                _ = try await device.addRow(to: section, of: id, fields: edits)
            } else {
                try await device.set(edits, in: id)
            }
        }
        guard isSaved else {
            if case .problem(let problem) = saving.state, draft.entries.mark(problem) {
                saving.forget()
            }
            self.draft = draft
            return false
        }
        self.draft = nil
        await file.load()
        return true
    }

    /// Withdraws a row with a reason; it stays readable and no longer counts.
    @discardableResult
    public func withdraw(_ row: RowView, reason: String) async -> Bool {
        guard !reason.isEmpty else {
            saving.refuse(Problem(code: "no_reason", .reasonHint, remedy: .field("reason")))
            return false
        }
        let (device, id, path) = (file.device, file.id, row.path)
        let isSaved = await saving.succeeds { try await device.withdraw(path, of: id, reason: reason) }
        guard isSaved else { return false }
        await file.load()
        return true
    }

    /// Lets a withdrawn row stand again.
    @discardableResult
    public func restore(_ row: RowView) async -> Bool {
        let (device, id, path) = (file.device, file.id, row.path)
        let isSaved = await saving.succeeds {
            try await device.set([FieldEdit(name: "\(path).removed", value: "")], in: id)
        }
        guard isSaved else { return false }
        await file.load()
        return true
    }
}
