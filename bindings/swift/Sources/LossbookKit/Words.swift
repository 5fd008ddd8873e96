import LossbookFFI

extension LossbookError {
    /// What the core says of an error, besides its kind.
    public struct Text: Sendable, Hashable {
        /// Stable, for programs and support: `no_room`, `statement_changed`.
        public let code: String
        /// For people, in Simplified Chinese.
        public let zh: String
        /// For people, in English.
        public let en: String
    }

    /// The error's code and its sentences.
    public var text: Text {
        switch self {
        case .InvalidInput(let code, let zh, let en, _): Text(code: code, zh: zh, en: en)
        case .NotFound(let code, let zh, let en, _, _): Text(code: code, zh: zh, en: en)
        case .WrongState(let code, let zh, let en, _): Text(code: code, zh: zh, en: en)
        case .NotAllowed(let code, let zh, let en): Text(code: code, zh: zh, en: en)
        case .Locked(let code, let zh, let en): Text(code: code, zh: zh, en: en)
        case .StorageFull(let code, let zh, let en, _, _): Text(code: code, zh: zh, en: en)
        case .StorageDamaged(let code, let zh, let en, _): Text(code: code, zh: zh, en: en)
        case .MadeByNewerApp(let code, let zh, let en, _): Text(code: code, zh: zh, en: en)
        case .TryLater(let code, let zh, let en, _): Text(code: code, zh: zh, en: en)
        case .Refused(let code, let zh, let en): Text(code: code, zh: zh, en: en)
        case .Cancelled(let code, let zh, let en): Text(code: code, zh: zh, en: en)
        case .Internal(let code, let zh, let en, _): Text(code: code, zh: zh, en: en)
        }
    }

    /// The stable code.
    public var code: String { text.code }

    /// The sentence in a language.
    public func sentence(in language: Language) -> String {
        language == .zh ? text.zh : text.en
    }
}

extension Words {
    /// The sentence in a language.
    public func sentence(in language: Language) -> String {
        language == .zh ? zh : en
    }
}

extension Language {
    /// The language of the person: Chinese unless the system speaks English first.
    ///
    /// - Parameter preferred: language tags in the order of preference, such as
    ///   `Locale.preferredLanguages`.
    public static func preferred(among preferred: [String]) -> Language {
        for tag in preferred {
            if tag.hasPrefix("zh") { return .zh }
            if tag.hasPrefix("en") { return .en }
        }
        return .zh
    }
}
