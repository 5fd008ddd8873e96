//! The closed lists of words that packs use.

/// What a contract says to a cause or a failed condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Insured.
    Covered,
    /// Nobody in the field can say.
    HeadOffice,
    /// Not insured.
    NotCovered,
}

impl Answer {
    pub(super) const WORDS: [(&str, Self); 3] = [
        ("covered", Self::Covered),
        ("not_covered", Self::NotCovered),
        ("head_office", Self::HeadOffice),
    ];

    /// Its word.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::HeadOffice => "head_office",
            Self::NotCovered => "not_covered",
        }
    }
}

/// Whose limit a loss uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitOf {
    /// Households that live undivided (R32).
    HouseholdGroup,
    /// One airframe.
    Airframe,
    /// One vehicle.
    Vehicle,
    /// One person.
    Person,
    /// The whole policy.
    Policy,
}

impl UnitOf {
    pub(super) const WORDS: [(&str, Self); 5] = [
        ("household_group", Self::HouseholdGroup),
        ("airframe", Self::Airframe),
        ("vehicle", Self::Vehicle),
        ("person", Self::Person),
        ("policy", Self::Policy),
    ];
}

/// Whether a cover is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// Part of every policy.
    Always,
    /// Only where the policy lists it.
    ByPolicy,
}

impl Chosen {
    pub(super) const WORDS: [(&str, Self); 2] =
        [("always", Self::Always), ("policy", Self::ByPolicy)];
}

/// What a limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanOf {
    /// Every event anew.
    Event,
    /// The policy period together.
    Period,
}

impl SpanOf {
    pub(super) const WORDS: [(&str, Self); 2] = [("event", Self::Event), ("period", Self::Period)];
}

/// What a total loss pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pays {
    /// The agreed value.
    AgreedValue,
    /// The sum insured.
    SumInsured,
}

impl Pays {
    pub(super) const WORDS: [(&str, Self); 2] = [
        ("agreed_value", Self::AgreedValue),
        ("sum_insured", Self::SumInsured),
    ];
}

/// How firm a table of prices is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TariffStatus {
    /// Shows the form; a line priced by it is never final.
    Example,
    /// Issued.
    Official,
}

impl TariffStatus {
    pub(super) const WORDS: [(&str, Self); 2] =
        [("example", Self::Example), ("official", Self::Official)];
}

/// What a tariff rate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PerUnit {
    /// One square metre.
    SquareMetre,
    /// One natural room.
    Room,
}

impl PerUnit {
    pub(super) const WORDS: [(&str, Self); 2] = [("m2", Self::SquareMetre), ("room", Self::Room)];

    /// Its word.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SquareMetre => "m2",
            Self::Room => "room",
        }
    }
}

/// What a third-party payee needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayeeNeed {
    /// A letter of authority.
    Authorisation,
    /// Proof of identity.
    Identity,
    /// A bank account.
    Account,
    /// The insured's signature.
    Signature,
}

impl PayeeNeed {
    pub(super) const WORDS: [(&str, Self); 4] = [
        ("authorisation", Self::Authorisation),
        ("identity", Self::Identity),
        ("account", Self::Account),
        ("signature", Self::Signature),
    ];

    /// Its word.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Authorisation => "authorisation",
            Self::Identity => "identity",
            Self::Account => "account",
            Self::Signature => "signature",
        }
    }
}

/// Which of several anchors starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The last to happen; all must have happened.
    Later,
    /// The first.
    Earlier,
}

impl Order {
    pub(super) const WORDS: [(&str, Self); 2] =
        [("later", Self::Later), ("earlier", Self::Earlier)];
}

/// Stage of service (R135).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Stage {
    Report,
    Survey,
    Assessment,
    Review,
    Payment,
    Feedback,
    Callback,
    Complaint,
    Inquiry,
    Emergency,
    Other,
}

impl Stage {
    pub(super) const WORDS: [(&str, Self); 11] = [
        ("report", Self::Report),
        ("survey", Self::Survey),
        ("assessment", Self::Assessment),
        ("review", Self::Review),
        ("payment", Self::Payment),
        ("feedback", Self::Feedback),
        ("callback", Self::Callback),
        ("complaint", Self::Complaint),
        ("inquiry", Self::Inquiry),
        ("emergency", Self::Emergency),
        ("other", Self::Other),
    ];

    /// Its word.
    pub fn key(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, stage)| *stage == self)
            .map_or("other", |(word, _)| *word)
    }
}

/// Once per case, or for every line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Once.
    Case,
    /// For every loss line.
    Line,
}

impl Per {
    pub(super) const WORDS: [(&str, Self); 2] = [("case", Self::Case), ("line", Self::Line)];
}

/// Kinds of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum NoticeKind {
    Feedback,
    Result,
    Denial,
    Progress,
    Callback,
    Publicity,
}

impl NoticeKind {
    pub(super) const WORDS: [(&str, Self); 6] = [
        ("feedback", Self::Feedback),
        ("result", Self::Result),
        ("denial", Self::Denial),
        ("progress", Self::Progress),
        ("callback", Self::Callback),
        ("publicity", Self::Publicity),
    ];

    /// Its word.
    pub fn key(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| *word)
    }
}

/// Ways to reach people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Channel {
    Phone,
    Sms,
    Email,
    Letter,
    Visit,
    Web,
    App,
    Questionnaire,
}

impl Channel {
    pub(super) const WORDS: [(&str, Self); 8] = [
        ("phone", Self::Phone),
        ("sms", Self::Sms),
        ("email", Self::Email),
        ("letter", Self::Letter),
        ("visit", Self::Visit),
        ("web", Self::Web),
        ("app", Self::App),
        ("questionnaire", Self::Questionnaire),
    ];

    /// Its word.
    pub fn key(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, channel)| *channel == self)
            .map_or("", |(word, _)| *word)
    }
}

/// How a performance figure is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formula {
    /// Clocks stopped in time out of clocks that had a due time and stopped.
    ClocksInTime,
    /// Required fields filled out of required fields.
    FieldsAccurate,
    /// Satisfied answers out of answers.
    Satisfied,
}

impl Formula {
    pub(super) const WORDS: [(&str, Self); 3] = [
        ("clocks_in_time", Self::ClocksInTime),
        ("fields_accurate", Self::FieldsAccurate),
        ("satisfied", Self::Satisfied),
    ];

    /// Its word.
    pub fn key(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, formula)| *formula == self)
            .map_or("", |(word, _)| *word)
    }
}

/// How a text is masked, and which check it can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Mask {
    ResidentId,
    Mobile,
    Account,
    Plate,
    Vin,
    Name,
    Address,
    Amount,
    Medical,
}

impl Mask {
    pub(super) const WORDS: [(&str, Self); 9] = [
        ("resident_id", Self::ResidentId),
        ("mobile", Self::Mobile),
        ("account", Self::Account),
        ("plate", Self::Plate),
        ("vin", Self::Vin),
        ("name", Self::Name),
        ("address", Self::Address),
        ("amount", Self::Amount),
        ("medical", Self::Medical),
    ];

    /// Its word.
    pub fn key(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, mask)| *mask == self)
            .map_or("", |(word, _)| *word)
    }
}
