import LossbookKit

// What the states of the core are called on the screen.

extension Language {
    /// The one of two texts that is in this language.
    func of(_ zh: String, _ en: String) -> String {
        self == .zh ? zh : en
    }
}

extension SyncState {
    /// Saved, received or confirmed. Nothing is called confirmed that lacks head office's receipt.
    public func name(in language: Language) -> String {
        switch self {
        case .saved: Phrase.saved.text(in: language)
        case .received: Phrase.received.text(in: language)
        case .confirmed: Phrase.confirmed.text(in: language)
        }
    }

    /// The name of a system symbol for it.
    public var symbol: String {
        switch self {
        case .saved: "internaldrive"
        case .received: "arrow.up.circle"
        case .confirmed: "checkmark.seal"
        }
    }
}

extension CaseStatus {
    public func name(in language: Language) -> String {
        switch self {
        case .open: language.of("处理中", "Open")
        case .assigned: language.of("已派工", "Assigned")
        case .returned: language.of("已退回", "Returned")
        case .approved: language.of("已通过", "Approved")
        case .denied: language.of("已拒赔", "Denied")
        case .paid: language.of("已赔付", "Paid")
        case .closed: language.of("已结案", "Closed")
        case .reopened: language.of("已重新打开", "Reopened")
        }
    }
}

extension SignatureMark {
    public func name(in language: Language) -> String {
        switch self {
        case .none: language.of("未签字", "Not signed")
        case .valid: language.of("签字有效", "Signature valid")
        case .superseded: language.of("签字后有改动", "Changed since it was signed")
        case .contested: language.of("签字内容有争议", "Signed content is disputed")
        case .revoked: language.of("签字已撤回", "Signature taken back")
        case .refused: language.of("拒绝签字", "Refused to sign")
        }
    }
}

extension CoverAnswer {
    public func name(in language: Language) -> String {
        switch self {
        case .covered: Phrase.covered.text(in: language)
        case .notCovered: Phrase.notCovered.text(in: language)
        case .headOffice: Phrase.headOffice.text(in: language)
        }
    }
}

extension DecisionAction {
    public func name(in language: Language) -> String {
        switch self {
        case .assign: language.of("派工", "Assigned")
        case .return: language.of("退回", "Returned")
        case .approve: language.of("通过", "Approved")
        case .deny: language.of("拒赔", "Denied")
        case .pay: language.of("赔付", "Paid")
        case .close: language.of("结案", "Closed")
        case .reopen: language.of("重新打开", "Reopened")
        case .supplement: language.of("要求补充材料", "Asked for more papers")
        }
    }
}

extension SyncPhase {
    public func name(in language: Language) -> String {
        switch self {
        case .starting: language.of("准备中", "Starting")
        case .signingIn: language.of("正在登录", "Signing in")
        case .exchanging: language.of("正在交换记录", "Exchanging entries")
        case .photos: language.of("正在传送照片", "Sending photos")
        case .rules: language.of("正在更新规则", "Fetching rules")
        case .waiting: language.of("等待网络", "Waiting for the network")
        case .done: language.of("已完成", "Done")
        case .blocked: language.of("已停止", "Stopped")
        }
    }
}

extension AtHub {
    public func name(in language: Language) -> String {
        switch self {
        case .yes: language.of("总部已有", "Head office has it")
        case .no: language.of("总部尚缺", "Head office lacks it")
        case .unknown: language.of("由他人手机传送", "Another phone brings it")
        }
    }
}

/// A name in both languages, of the records that have one.
public protocol Named {
    var zh: String { get }
    var en: String { get }
}

extension Named {
    public func name(in language: Language) -> String {
        language.of(zh, en)
    }
}

extension Choice: Named {}
extension SectionForm: Named {}
extension FieldForm: Named {}
extension SectionView: Named {}
extension FieldView: Named {}
extension MissingView: Named {}
extension ReasonView: Named {}
extension StepView: Named {}
extension CoverView: Named {}
extension ShotView: Named {}
extension ClockView: Named {}
extension PhotoFinding: Named {}
extension SyncNoteView: Named {}
extension QuestionView: Named {}

extension CaseScreen {
    /// What the row is called in which a path lies: by its loss item, else its part or room, else its question.
    public func rowName(at path: String) -> String? {
        let rows = sections.flatMap { $0.rows }
        guard let row = rows.first(where: { $0.id != nil && path.hasPrefix($0.path) }) else { return nil }
        for name in ["item", "part", "room", "question"] {
            if let shown = row.fields.first(where: { $0.name == name })?.shown { return shown }
        }
        return nil
    }
}
