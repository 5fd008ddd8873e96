import LossbookKit

/// One field of a form: what it is called, what may stand in it, and what the person typed.
public struct Entry: Identifiable, Sendable {
    public let field: FieldForm
    public var text: String
    /// What is wrong with it, beside it.
    public var problem: Problem?
    /// What stood there before.
    let before: String

    public var id: String { field.name }

    /// Whether the person typed anything new.
    public var isChanged: Bool { text != before }

    init(_ field: FieldForm, text: String = "") {
        self.field = field
        self.text = text
        before = text
    }
}

extension Array where Element == Entry {
    /// Shows a problem at its field.
    ///
    /// - Returns: whether one of the entries is meant.
    mutating func mark(_ problem: Problem) -> Bool {
        guard case .field(let path?) = problem.remedy else { return false }
        let name = path.split(separator: ".").last.map(String.init) ?? path
        guard let at = firstIndex(where: { $0.field.name == name }) else { return false }
        self[at].problem = problem
        return true
    }

    mutating func clearProblems() {
        for at in indices { self[at].problem = nil }
    }
}
