//! Records for screens: plain values drawn from the core's views, with the words to show.

mod contract;
mod dispute;
mod judgement;
mod list;
mod past;
mod photo;
mod record;
mod screen;
mod signature;

pub use contract::{
    Choice, ContractForm, ContractView, FieldForm, QuestionView, SectionForm, ShotView,
};
pub use dispute::{DisputeKind, DisputeView, DuplicateView};
pub use judgement::{
    ClockView, CoverAnswer, CoverView, Judgement, LineStanding, MissingView, NoSurveyView,
    PricedLine, ReasonView, ReviewView, StepView,
};
pub use list::{Amount, CasePage, CaseQuery, CaseRow, CaseStatus, SignatureMark, SyncState};
pub use past::{EventView, NewsView, TimelinePage, WriteView};
pub use photo::{AtHub, Grade, PhotoFinding, PhotoKind, PhotoView};
pub use record::{
    FieldKind, FieldState, FieldView, RowStanding, RowView, SectionView, WrittenValue,
};
pub use screen::{CaseProgress, CaseScreen};
pub use signature::{
    DecisionAction, DecisionView, DifferenceView, Language, ReturnedView, SignatureView,
    StatementKind,
};

pub(crate) use contract::{Names, contract_form, contract_view, forms};
pub(crate) use list::{offset, page, state_of};
pub(crate) use past::{news, timeline};
pub(crate) use photo::problem_words;
pub(crate) use screen::screen;
