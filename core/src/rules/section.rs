//! Reading one table of a pack: every value is taken by name, every complaint is kept.
//!
//! A getter that finds something wrong notes a problem and gives a harmless stand-in, so that the
//! rest of the file is still examined; a pack with problems is never used.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Test;
use super::figure::{Figure, Number, Sourced};
use super::node::{Node, Value};
use super::pack::{Branch, Choice, FigureNote, Names, Rule, RuleNote};
use super::problem::{Code, Problem};

/// What reading a pack brings to light besides the pack itself.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) problems: Vec<Problem>,
    pub(super) figures: Vec<FigureNote>,
    pub(super) rules: Vec<RuleNote>,
}

/// One table, where it stands, and which of its keys have been taken.
#[derive(Debug)]
pub(super) struct Section<'n, 't> {
    pub(super) notes: &'n mut Notes,
    pub(super) path: String,
    pub(super) line: u32,
    map: &'t BTreeMap<String, Node>,
    taken: BTreeSet<&'t str>,
    /// The first problem of each key: what else is wrong there mostly follows from it.
    blamed: BTreeMap<String, Code>,
}

impl<'n, 't> Section<'n, 't> {
    pub(super) fn new(
        notes: &'n mut Notes,
        path: String,
        line: u32,
        map: &'t BTreeMap<String, Node>,
    ) -> Self {
        Self {
            notes,
            path,
            line,
            map,
            taken: BTreeSet::new(),
            blamed: BTreeMap::new(),
        }
    }

    fn take(&mut self, key: &str) -> Option<&'t Node> {
        let (name, node) = self.map.get_key_value(key)?;
        self.taken.insert(name);
        Some(node)
    }

    pub(super) fn place(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Whether something stands under the key, good or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Notes a problem at a key of this table, on the key's line or else the table's own.
    pub(super) fn complain(&mut self, key: &str, code: Code, text: &str) {
        let line = self.map.get(key).map_or(self.line, |node| node.line);
        self.complain_at(line, key, code, text);
    }

    fn complain_at(&mut self, line: u32, key: &str, code: Code, text: &str) {
        let first = *self.blamed.entry(key.to_owned()).or_insert(code);
        if first != code {
            return;
        }
        let path = if key.is_empty() {
            self.path.clone()
        } else {
            self.place(key)
        };
        self.notes
            .problems
            .push(Problem::new(line, &path, code, text));
    }

    fn wrong(&mut self, node: &Node, key: &str, wanted: &str) {
        let text = format!("{} stands here, {wanted} is wanted", node.value.kind());
        self.complain_at(node.line, key, Code::WrongType, &text);
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &str) -> String {
        match self.take(key) {
            None => {
                self.complain(key, Code::Missing, "a text is needed");
                String::new()
            }
            Some(node) => match &node.value {
                Value::Text(text) if !text.trim().is_empty() => text.clone(),
                Value::Text(_) => {
                    self.complain(key, Code::BadValue, "the text is empty");
                    String::new()
                }
                Value::Whole(_) | Value::Truth(_) | Value::List(_) | Value::Table(_) => {
                    self.wrong(node, key, "a text");
                    String::new()
                }
            },
        }
    }

    /// A text that may be there.
    pub(super) fn maybe_text(&mut self, key: &str) -> Option<String> {
        self.map.contains_key(key).then(|| self.text(key))
    }

    /// A whole number that must be there.
    pub(super) fn whole(&mut self, key: &str) -> u32 {
        let node = self.take(key);
        let number = node.and_then(u32::read);
        if number.is_none() {
            let code = node.map_or(Code::Missing, |_| Code::WrongType);
            self.complain(key, code, &format!("{} is needed", u32::WANTED));
        }
        number.unwrap_or(0)
    }

    /// True or false; false if absent.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        let Some(node) = self.take(key) else {
            return false;
        };
        let truth = bool::read(node);
        if truth.is_none() {
            self.wrong(node, key, bool::WANTED);
        }
        truth.unwrap_or(false)
    }

    /// A list of texts; empty if absent.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.take(key) else {
            return Vec::new();
        };
        let list = <Vec<String>>::read(node);
        match &list {
            None => self.wrong(node, key, "a list of texts"),
            Some(texts) if texts.iter().any(|text| text.trim().is_empty()) => {
                self.complain(key, Code::BadValue, "a text of the list is empty");
            }
            Some(_) => {}
        }
        list.unwrap_or_default()
    }

    /// A word out of a closed list, as its variant.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.word_text(key, words).map(|(_, value)| value)
    }

    /// The same with the word itself.
    pub(super) fn word_text<T: Copy>(
        &mut self,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<(String, T)> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.complain(key, Code::BadValue, &not_one_of(&text, words));
        }
        found.map(|(_, value)| (text, *value))
    }

    /// The same for a key that may be absent.
    pub(super) fn maybe_word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        if self.map.contains_key(key) {
            self.word(key, words)
        } else {
            None
        }
    }

    /// A list of words out of a closed list.
    pub(super) fn words<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Vec<T> {
        let mut found = Vec::new();
        for text in self.texts(key) {
            match words.iter().find(|(word, _)| *word == text) {
                Some((_, value)) => found.push(*value),
                None => self.complain(key, Code::BadValue, &not_one_of(&text, words)),
            }
        }
        found
    }

    /// A table `{ zh, en }` under a key.
    pub(super) fn names_under(&mut self, key: &str) -> Names {
        let read = |inner: &mut Section<'_, '_>| inner.names();
        self.table(key, read).unwrap_or_else(|| {
            self.complain(key, Code::Missing, "{ zh = …, en = … } is needed");
            Names::default()
        })
    }

    /// The two names of this table.
    pub(super) fn names(&mut self) -> Names {
        Names {
            zh: self.text("zh"),
            en: self.text("en"),
        }
    }

    /// The source of this table's rule.
    pub(super) fn source(&mut self) -> String {
        let Some(source) = self.maybe_text("source") else {
            self.complain("source", Code::NoSource, "no source");
            return String::new();
        };
        if !source.is_empty() && !is_source(&source) {
            let text = format!("{source:?} is no source that can be looked up");
            self.complain("source", Code::NoSource, &text);
        }
        source
    }

    /// Id, names and source of a rule.
    pub(super) fn rule(&mut self) -> Rule {
        let id = self.id();
        let rule = Rule {
            id,
            names: self.names(),
            source: self.source(),
        };
        self.note_rule(&rule.id, &rule.source);
        rule
    }

    pub(super) fn note_rule(&mut self, id: &str, source: &str) {
        let (path, line) = (self.path.clone(), self.line);
        self.notes.rules.push(RuleNote {
            path,
            line,
            id: id.to_owned(),
            source: source.to_owned(),
        });
    }

    /// An id: letters, digits, underscores.
    pub(super) fn id(&mut self) -> String {
        let id = self.text("id");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let good = id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(plain);
        if !id.is_empty() && !good {
            let text = format!("{id:?} is no id: small letters, digits and _ only");
            self.complain("id", Code::BadValue, &text);
        }
        id
    }

    /// A number with its source that must be there.
    pub(super) fn figure<T: Number>(&mut self, key: &str) -> Sourced<T> {
        self.maybe_figure(key).unwrap_or_else(|| {
            if !self.map.contains_key(key) {
                let text = "a number with its source, or a blank, is needed: it must be stated";
                self.complain(key, Code::Missing, text);
            }
            Sourced {
                figure: Figure::Blank(String::new()),
                source: String::new(),
            }
        })
    }

    /// A number with its source that may be there.
    pub(super) fn maybe_figure<T: Number>(&mut self, key: &str) -> Option<Sourced<T>> {
        let node = self.take(key)?;
        let Value::Table(_) = &node.value else {
            let text =
                "a number stands here without its source: write { value = …, source = \"…\" }";
            self.complain(key, Code::NoSource, text);
            return None;
        };
        self.inner(key, node, |s| s.sourced())
    }

    /// Reads this table as a number with its source.
    pub(super) fn sourced<T: Number>(&mut self) -> Sourced<T> {
        let source = self.source();
        let figure: Figure<T> = self.any_figure();
        let value = match &figure {
            Figure::Is(value) => Some(value.show()),
            Figure::Policy => Some("policy".to_owned()),
            Figure::Object => Some("object".to_owned()),
            Figure::Blank(_) => None,
        };
        let blank = match &figure {
            Figure::Blank(why) => Some(why.clone()),
            Figure::Is(_) | Figure::Policy | Figure::Object => None,
        };
        let (path, line) = (self.path.clone(), self.line);
        self.notes.figures.push(FigureNote {
            path,
            line,
            value,
            blank,
            source: source.clone(),
        });
        Sourced { figure, source }
    }

    fn any_figure<T: Number>(&mut self) -> Figure<T> {
        if let Some(node) = self.take("value") {
            if let Some(value) = T::read(node) {
                return Figure::Is(value);
            }
            self.complain("value", Code::BadValue, &format!("{} is wanted", T::WANTED));
            return Figure::Blank(String::new());
        }
        if self.map.contains_key("from") {
            return match self.word("from", &[("policy", true), ("object", false)]) {
                Some(true) => Figure::Policy,
                Some(false) => Figure::Object,
                None => Figure::Blank(String::new()),
            };
        }
        if let Some(why) = self.maybe_text("blank") {
            return Figure::Blank(why);
        }
        self.complain("value", Code::Missing, "value, blank or from is needed");
        Figure::Blank(String::new())
    }

    /// A choice by test: one figure, or a list of branches.
    pub(super) fn choice<T: Number>(&mut self, key: &str) -> Choice<T> {
        let Some(node) = self.take(key) else {
            return Choice(Vec::new());
        };
        match &node.value {
            Value::Table(_) => {
                let branch = self.inner(key, node, |s| s.branch());
                Choice(branch.into_iter().collect())
            }
            Value::List(items) => {
                let mut branches = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    branches.extend(self.inner(&format!("{key}[{index}]"), item, |s| s.branch()));
                }
                Choice(branches)
            }
            Value::Text(_) | Value::Whole(_) | Value::Truth(_) => {
                let text =
                    "a number stands here without its source: write { value = …, source = \"…\" }";
                self.complain(key, Code::NoSource, text);
                Choice(Vec::new())
            }
        }
    }

    fn branch<T: Number>(&mut self) -> Branch<T> {
        Branch {
            when: self.tests("when"),
            figure: self.sourced(),
        }
    }

    /// A list of tests; empty if absent.
    pub(super) fn tests(&mut self, key: &str) -> Vec<Test> {
        self.list(key, Test::read)
    }

    /// Every table of a list; empty if absent.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        read: impl Fn(&mut Section<'_, '_>) -> T,
    ) -> Vec<T> {
        let Some(node) = self.take(key) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            self.wrong(node, key, "a list of tables");
            return Vec::new();
        };
        let mut all = Vec::new();
        for (index, item) in items.iter().enumerate() {
            all.extend(self.inner(&format!("{key}[{index}]"), item, &read));
        }
        all
    }

    /// One table that may be there.
    pub(super) fn table<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let node = self.take(key)?;
        self.inner(key, node, read)
    }

    fn inner<T>(
        &mut self,
        key: &str,
        node: &Node,
        read: impl FnOnce(&mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let Value::Table(map) = &node.value else {
            self.wrong(node, key, "a table");
            return None;
        };
        let path = self.place(key);
        let mut section = Section::new(self.notes, path, node.line, map);
        let value = read(&mut section);
        section.finish();
        Some(value)
    }

    /// The keys of this table, all marked as taken: for maps whose keys are ids.
    pub(super) fn entries(&mut self) -> Vec<(String, String)> {
        let keys: Vec<&String> = self.map.keys().collect();
        keys.into_iter()
            .map(|key| (key.clone(), self.text(key)))
            .collect()
    }

    /// The raw list under a key: for polygons.
    pub(super) fn raw(&mut self, key: &str) -> Option<&'t Node> {
        self.take(key)
    }

    /// Complains about keys that nobody asked for.
    pub(super) fn finish(mut self) {
        let map = self.map;
        for key in map.keys() {
            if self.taken.contains(key.as_str()) {
                continue;
            }
            self.complain(key, Code::UnknownKey, "this key is not known here");
        }
    }
}

fn not_one_of<T>(text: &str, words: &[(&str, T)]) -> String {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    format!("{text:?} is not one of: {}", known.join(", "))
}

/// Whether every part can be looked up: `R34`, `I1`, `P2`, `G25`, a statute, or the insurer's word.
fn is_source(source: &str) -> bool {
    let mut depth = 0_u32;
    let outside: String = source
        .chars()
        .filter(|c| match c {
            '(' | '（' => {
                depth = depth.saturating_add(1);
                false
            }
            ')' | '）' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect();
    outside.split([',', ';', '，', '；']).all(|part| {
        let part = part.trim();
        let id = part.split(' ').next().unwrap_or(part);
        let number = id.get(1..).unwrap_or("");
        let is_id = id.starts_with(['R', 'I', 'P', 'G'])
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_law = ["法", "条例", "规定", "GB", "GA"]
            .iter()
            .any(|word| part.contains(word));
        is_id || is_law || part.starts_with("set by the insurer")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_id_a_statute_or_the_insurer() {
        for good in [
            "R34",
            "R34, G26",
            "保险法 23 (wording to be confirmed)",
            "set by the insurer",
            "R36 (five classes, one each), I1",
        ] {
            assert!(is_source(good), "{good}");
        }
        for bad in ["", "R", "somebody", "R34, hearsay", "Rxx"] {
            assert!(!is_source(bad), "{bad}");
        }
    }
}
