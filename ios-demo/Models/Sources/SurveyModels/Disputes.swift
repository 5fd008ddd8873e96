import LossbookKit
import Observation

/// Settling what people wrote differently: one of the values that stand, with a reason.
@MainActor
@Observable
public final class Disputes {
    public let file: CaseFile
    public let settling = Work()
    /// What the person chose, by the path of the dispute.
    public var chosen: [String: String] = [:]
    /// Why, by the path of the dispute.
    public var reasons: [String: String] = [:]

    public init(_ file: CaseFile) {
        self.file = file
    }

    public var all: [DisputeView] {
        file.screen.content.value?.disputes ?? []
    }

    /// What is disputed: the field, and the row in which it stands.
    public func title(of dispute: DisputeView, in language: Language) -> String {
        let row = file.screen.content.value?.rowName(at: dispute.path)
        return [dispute.label.sentence(in: language), row].compactMap { $0 }.joined(separator: " · ")
    }

    /// Settles one of them.
    @discardableResult
    public func settle(_ dispute: DisputeView) async -> Bool {
        let path = dispute.path
        guard let value = chosen[path] else {
            settling.refuse(Problem(code: "no_value", .chooseValue, remedy: .field(path)))
            return false
        }
        let reason = reasons[path] ?? ""
        guard !reason.isEmpty else {
            settling.refuse(Problem(code: "no_reason", .reasonHint, remedy: .field(path)))
            return false
        }
        let (device, id) = (file.device, file.id)
        let isSaved = await settling.succeeds {
            try await device.settle(path, of: id, as: value, reason: reason)
        }
        guard isSaved else { return false }
        chosen[path] = nil
        reasons[path] = nil
        await file.load()
        return true
    }
}
