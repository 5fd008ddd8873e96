import LossbookKit

/// Something that did not work: the sentence to show and what the person can do about it.
public struct Problem: Sendable, Equatable {
    /// What mends it.
    public enum Remedy: Sendable, Equatable {
        /// Mend the named field, or the entry as a whole.
        case field(String?)
        case refresh
        /// Something else comes first: `enrol`, `settle`, `reason`, …
        case first(String)
        case askOffice
        case unlock
        case freeRoom
        case salvage
        case update
        case wait(ms: UInt64)
        /// Our mistake, with the number support asks for.
        case support(String)
        case again
    }

    /// Stable, for support.
    public let code: String
    public let zh: String
    public let en: String
    public let remedy: Remedy

    public init(code: String, zh: String, en: String, remedy: Remedy) {
        self.code = code
        self.zh = zh
        self.en = en
        self.remedy = remedy
    }

    /// What an error means to a person; nil if somebody stopped the work on purpose.
    public init?(_ error: any Error) {
        switch error {
        case let error as LossbookError: self.init(error)
        case let error as TransportError: self.init(error)
        case is CancellationError: return nil
        default:
            self.init(code: "unexpected", .helpAgain, remedy: .again)
        }
    }

    /// The sentence.
    public func sentence(in language: Language) -> String {
        language == .zh ? zh : en
    }

    /// What to do, in a few words.
    public func help(in language: Language) -> String {
        switch remedy {
        case .field: Phrase.helpField.text(in: language)
        case .refresh: Phrase.helpRefresh.text(in: language)
        case .first(let what): Self.phrase(for: what).text(in: language)
        case .askOffice: Phrase.helpOffice.text(in: language)
        case .unlock: Phrase.helpUnlock.text(in: language)
        case .freeRoom: Phrase.helpFree.text(in: language)
        case .salvage: Phrase.helpSalvage.text(in: language)
        case .update: Phrase.helpUpdate.text(in: language)
        case .wait: Phrase.helpWait.text(in: language)
        case .support(let incident): "\(Phrase.helpSupport.text(in: language)) \(incident)"
        case .again: Phrase.helpAgain.text(in: language)
        }
    }

    private static func phrase(for what: String) -> Phrase {
        switch what {
        case "enrol": .helpEnrol
        case "new_code": .helpNewCode
        case "settle": .helpSettle
        case "show_again": .changedSinceShown
        default: .helpAgain
        }
    }

    init(code: String, _ phrase: Phrase, remedy: Remedy) {
        let (zh, en) = phrase.both
        self.init(code: code, zh: zh, en: en, remedy: remedy)
    }

    private init?(_ error: LossbookError) {
        let text = error.text
        guard let remedy = Self.remedy(of: error) else { return nil }
        self.init(code: text.code, zh: text.zh, en: text.en, remedy: remedy)
    }

    private static func remedy(of error: LossbookError) -> Remedy? {
        switch error {
        case .InvalidInput(_, _, _, let field): .field(field)
        case .NotFound: .refresh
        case .WrongState(_, _, _, let needs): .first(needs)
        case .NotAllowed, .Refused: .askOffice
        case .Locked: .unlock
        case .StorageFull: .freeRoom
        case .StorageDamaged: .salvage
        case .MadeByNewerApp: .update
        case .TryLater(_, _, _, let afterMs): .wait(ms: afterMs)
        case .Cancelled: nil
        case .Internal(_, _, _, let incident): .support(incident)
        }
    }

    private init?(_ error: TransportError) {
        switch error {
        case .NoNetwork, .Refused: self.init(code: "no_network", .noWay, remedy: .again)
        case .Cut, .Timeout: self.init(code: "weak_network", .weakNetwork, remedy: .again)
        case .Tls: self.init(code: "tls", .tlsTrouble, remedy: .askOffice)
        case .Cancelled: return nil
        case .Failed: self.init(code: "transport", .weakNetwork, remedy: .again)
        }
    }
}
