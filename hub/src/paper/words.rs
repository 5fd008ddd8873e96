//! Words and figures of papers, in one language.

use lossbook_core::chain::Kind as Envelope;
use lossbook_core::domain::WallMs;
use lossbook_core::evidence::Source;
use lossbook_core::record::{FieldPath, Value};
use lossbook_core::rules::ClockState;
use lossbook_core::statement::Language;

use super::Personal;
use super::content::Fact;
use crate::console::word;
use crate::office::masked;
use crate::page::text::Language as PageLanguage;
use crate::sight::{HIDDEN, Sight};

/// One of two texts.
pub(super) const fn say<'t>(language: Language, (zh, en): (&'t str, &'t str)) -> &'t str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// The language and how much of people is readable: what every part of a paper is written with.
#[derive(Clone, Copy)]
pub(super) struct Pen<'w> {
    pub(super) language: Language,
    pub(super) personal: &'w Personal,
    pub(super) sight: &'w Sight,
    pub(super) contract: &'w str,
}

impl Pen<'_> {
    pub(super) const fn say<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        say(self.language, (zh, en))
    }

    pub(super) const fn page(&self) -> PageLanguage {
        match self.language {
            Language::Zh => PageLanguage::Chinese,
            Language::En => PageLanguage::English,
        }
    }

    /// A label with what stands there.
    pub(super) fn fact(&self, zh: &str, en: &str, text: impl Into<String>) -> Fact {
        Fact {
            label: self.say(zh, en).to_owned(),
            text: text.into(),
        }
    }

    pub(super) fn label(&self, path: &FieldPath) -> String {
        path.spec().map_or_else(
            || path.to_string(),
            |spec| self.say(spec.zh, spec.en).to_owned(),
        )
    }

    /// A value for people; what is personal or an amount as far as it may be read.
    pub(super) fn value(&self, path: &str, value: &Value) -> String {
        if self.sight.hides(self.contract, path) {
            return HIDDEN.to_owned();
        }
        match value {
            Value::Time(at) => word::time(*at),
            Value::Money(money) => word::yuan(money.fen()),
            Value::Digest(digest) => digest.to_hex(),
            Value::Text(_) | Value::Number(_) => self.text(path, &value.to_string()),
        }
    }

    /// A text of a field, as far as it may be read.
    pub(super) fn text(&self, path: &str, text: &str) -> String {
        if self.sight.hides(self.contract, path) {
            return HIDDEN.to_owned();
        }
        match self.personal {
            Personal::Masked => masked(path, text),
            Personal::Shown(_) => text.to_owned(),
        }
    }

    pub(super) fn time(&self, at: WallMs) -> String {
        word::time(at)
    }

    /// What an envelope is, as its writer's deed.
    pub(super) const fn deed(&self, kind: Envelope) -> &'static str {
        match kind {
            Envelope::Change => self.say("写入", "wrote"),
            Envelope::Photo => self.say("登记照片", "announced a photo"),
            Envelope::Freeze => self.say("冻结确认书", "froze a statement"),
            Envelope::Signature => self.say("采集签字", "took a signature"),
            Envelope::Decision => self.say("作出决定", "decided"),
            Envelope::Audit
            | Envelope::Key
            | Envelope::Acl
            | Envelope::Tombstone
            | Envelope::Snapshot
            | Envelope::Receipt => self.say("其他", "other"),
        }
    }

    pub(super) const fn source(&self, source: Source) -> &'static str {
        match source {
            Source::InApp => self.say("应用内拍摄", "own camera"),
            Source::Gallery => self.say("相册", "gallery"),
            Source::Imported => self.say("导入", "imported"),
            Source::Bundle => self.say("数据包", "bundle"),
        }
    }

    pub(super) const fn clock(&self, state: ClockState) -> &'static str {
        let (zh, en, _) = word::clock_state(state);
        self.say(zh, en)
    }
}
