import LossbookKit
import Observation

/// One case: everything its screen shows, read in one call and anew whenever it changes.
@MainActor
@Observable
public final class CaseFile {
    public let screen = Loading<CaseScreen>()
    public let id: String
    let device: FieldDevice

    public init(_ device: FieldDevice, id: String) {
        self.device = device
        self.id = id
    }

    public func load() async {
        let (device, id) = (self.device, self.id)
        await screen.load { try await device.screen(of: id) }
    }

    /// Keeps the screen as the store is, until the task that runs this ends.
    public func follow() async {
        await load()
        for await change in device.changes() {
            if case .caseChanged(let changed) = change, changed == id { await load() }
        }
    }

    /// What is payable, in one line: the amount, or why there is none yet.
    public func payable(in language: Language) -> String {
        guard let judgement = screen.content.value?.judgement else {
            let problem = screen.content.value?.judgementProblem
            return problem?.sentence(in: language) ?? Phrase.noContract.text(in: language)
        }
        if let payable = judgement.payable { return "¥ \(payable.text)" }
        if judgement.answer != .covered { return judgement.answer.name(in: language) }
        return Phrase.notYetPayable.text(in: language)
    }
}
