//! What no single table can know: ids that must exist, be unique, and stand in order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Choice, Criterion, Pack, Rule};
use crate::rules::fact::{Comparison, Fact, Scalar, Test};
use crate::rules::figure::Number;
use crate::rules::problem::{Code, Problem};
use crate::rules::section::Notes;

pub(super) fn check(pack: &Pack, notes: &mut Notes) {
    let known = Known::of(pack);
    let mut checker = Checker { known, notes };
    checker.duplicates();
    checker.insured(pack);
    checker.paying(pack);
    checker.service(pack);
    checker.handling(pack);
}

/// The ids of each list, and the answers of each question.
struct Known {
    lists: BTreeMap<&'static str, BTreeSet<String>>,
    answers: BTreeMap<String, BTreeSet<String>>,
}

impl Known {
    fn of(pack: &Pack) -> Self {
        let mut lists: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut put = |list: &'static str, rules: Vec<&Rule>| {
            lists.insert(
                list,
                rules.into_iter().map(|rule| rule.id.clone()).collect(),
            );
        };
        let Pack {
            insured,
            paying,
            service,
            handling,
            ..
        } = pack;
        put(
            "question",
            insured.questions.iter().map(|q| &q.rule).collect(),
        );
        put("object", insured.objects.iter().map(|o| &o.rule).collect());
        put("item", insured.items.iter().map(|i| &i.rule).collect());
        put("class", insured.classes.iter().map(|c| &c.rule).collect());
        put("cover", paying.covers.iter().map(|c| &c.rule).collect());
        put("zone", service.zones.iter().map(|z| &z.rule).collect());
        let clocks = service.clocks.iter().map(|c| &c.rule);
        put(
            "clock",
            clocks
                .chain(service.notices.iter().map(|n| &n.rule))
                .collect(),
        );
        put("tier", service.tiers.iter().map(|t| &t.rule).collect());
        put(
            "case_class",
            service.classes.iter().map(|c| &c.rule).collect(),
        );
        put("shot", handling.shots.iter().map(|s| &s.rule).collect());
        put(
            "document",
            handling.documents.iter().map(|d| &d.rule).collect(),
        );
        lists.insert("line", pack.lines.iter().cloned().collect());
        let groups = insured.perils.iter().map(|peril| peril.group.clone());
        lists.insert("peril_group", groups.collect());
        let own = insured.objects.iter().flat_map(|kind| &kind.attributes);
        let listed = insured
            .register
            .iter()
            .flat_map(|entry| entry.attributes.keys());
        lists.insert("attribute", own.chain(listed).cloned().collect());
        let answers = insured.questions.iter().map(|question| {
            let allowed = question.answers.iter().cloned().collect();
            (question.rule.id.clone(), allowed)
        });
        Self {
            lists,
            answers: answers.collect(),
        }
    }

    fn has(&self, list: &str, id: &str) -> bool {
        id.is_empty() || self.lists.get(list).is_some_and(|ids| ids.contains(id))
    }
}

struct Checker<'n> {
    known: Known,
    notes: &'n mut Notes,
}

impl Checker<'_> {
    fn complain(&mut self, list: &str, rule: &Rule, code: Code, text: &str) {
        let note = self
            .notes
            .rules
            .iter()
            .find(|note| note.id == rule.id && list_of(&note.path) == list);
        let (line, path) = note.map_or((1, list.to_owned()), |note| (note.line, note.path.clone()));
        self.notes
            .problems
            .push(Problem::new(line, &path, code, text));
    }

    fn duplicates(&mut self) {
        let mut seen = BTreeSet::new();
        let mut doubled = Vec::new();
        for note in &self.notes.rules {
            let list = list_of(&note.path).to_owned();
            if !note.id.is_empty() && !seen.insert((list, note.id.clone())) {
                let text = format!("{:?} is used twice in this list", note.id);
                doubled.push(Problem::new(note.line, &note.path, Code::Duplicate, &text));
            }
        }
        self.notes.problems.extend(doubled);
    }

    /// Every one of `ids` must stand in `target`.
    fn exist<'i>(
        &mut self,
        (list, rule): (&str, &Rule),
        target: &str,
        ids: impl IntoIterator<Item = &'i String>,
    ) {
        for id in ids {
            if !self.known.has(target, id) {
                let text = format!("{id:?} is no {target} of this pack");
                self.complain(list, rule, Code::UnknownId, &text);
            }
        }
    }

    /// None of `ids` may stand twice.
    fn once<'i>(&mut self, (list, rule): (&str, &Rule), ids: impl IntoIterator<Item = &'i String>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !id.is_empty() && !seen.insert(id) {
                let text = format!("{id:?} stands twice in it");
                self.complain(list, rule, Code::Duplicate, &text);
            }
        }
    }

    /// A test may ask only for answers that its question allows.
    fn answers(&mut self, at: (&str, &Rule), question: &str, comparison: &Comparison) {
        let (Some(allowed), Comparison::In(asked) | Comparison::NotIn(asked)) =
            (self.known.answers.get(question), comparison)
        else {
            return;
        };
        let allows = |answer: &Scalar| match answer {
            Scalar::Truth(_) => allowed.contains("yes") || allowed.contains("no"),
            Scalar::Word(word) => allowed.contains(word) && word != "yes" && word != "no",
        };
        let odd: Vec<String> = asked
            .iter()
            .filter(|answer| !allows(answer))
            .map(Number::show)
            .collect();
        for answer in odd {
            let text = format!(
                "{answer:?} is no answer to the question {question:?} (yes and no are written true and false)"
            );
            self.complain(at.0, at.1, Code::UnknownId, &text);
        }
    }

    fn insured(&mut self, pack: &Pack) {
        let insured = &pack.insured;
        for question in &insured.questions {
            self.exist(("question", &question.rule), "shot", &question.photo);
            self.tests(("question", &question.rule), &question.when);
            self.once(("question", &question.rule), &question.answers);
        }
        for item in &insured.items {
            self.exist(("item", &item.rule), "object", &item.objects);
            self.exist(("item", &item.rule), "cover", item.cover.as_ref().ok());
        }
        for peril in &insured.perils {
            self.tests(("peril", &peril.rule), &peril.when);
        }
        for condition in &insured.conditions {
            self.exist(("condition", &condition.rule), "object", &condition.objects);
            self.tests(("condition", &condition.rule), &condition.tests);
        }
        for class in &insured.classes {
            self.exist(("class", &class.rule), "document", &class.evidence);
        }
        for entry in &insured.register {
            self.exist(("register", &entry.rule), "object", [&entry.object]);
        }
        if !insured.perils.is_empty() && insured.unlisted.is_none() {
            let text = "[perils] unlisted must say what a cause outside the list gets";
            self.notes
                .problems
                .push(Problem::new(1, "perils", Code::Missing, text));
        }
    }

    fn paying(&mut self, pack: &Pack) {
        for cover in &pack.paying.covers {
            let at = ("cover", &cover.rule);
            self.exist(at, "object", &cover.objects);
            self.exist(at, "line", &cover.line);
            self.choice(at, &cover.limit);
            self.choice(at, &cover.deductible);
        }
        for tariff in &pack.paying.tariffs {
            let at = ("tariff", &tariff.rule);
            self.exist(at, "item", &tariff.items);
            self.once(at, tariff.grades.iter().map(|(id, _)| id));
            self.once(at, tariff.structures.iter().map(|(id, _)| id));
            let keys = tariff.rows.iter().map(|row| {
                let (grade, structure) = (&row.grade, &row.structure);
                format!("{grade} {structure} {}", row.per.key())
            });
            self.once(at, &keys.collect::<Vec<_>>());
            for row in &tariff.rows {
                for (id, named) in [
                    (&row.grade, &tariff.grades),
                    (&row.structure, &tariff.structures),
                ] {
                    if !id.is_empty() && !named.iter().any(|(name, _)| name == id) {
                        let text = format!("{id:?} is named nowhere in this tariff");
                        self.complain(at.0, at.1, Code::UnknownId, &text);
                    }
                }
            }
        }
    }

    fn service(&mut self, pack: &Pack) {
        for clock in &pack.service.clocks {
            let at = ("clock", &clock.rule);
            self.tests(at, &clock.when);
            self.choice(at, &clock.due);
        }
        for notice in &pack.service.notices {
            let at = ("notice", &notice.rule);
            self.tests(at, &notice.when);
            self.choice(at, &notice.due);
            let has_due = !notice.due.0.is_empty();
            if has_due && (notice.until.is_none() || notice.from.is_empty()) {
                let text = "a notice with a limit needs the events it runs between: from and until";
                self.complain(at.0, at.1, Code::Missing, text);
            }
        }
        self.tiers(pack);
        for class in &pack.service.classes {
            self.tests(("case_class", &class.rule), &class.propose);
        }
        for kpi in &pack.service.kpis {
            self.exist(("kpi", &kpi.rule), "clock", &kpi.clocks);
        }
    }

    fn tiers(&mut self, pack: &Pack) {
        let tiers = &pack.service.tiers;
        for (index, tier) in tiers.iter().enumerate() {
            let is_last = index.saturating_add(1) == tiers.len();
            if tier.up_to.is_none() != is_last {
                let text = "every tier but the last has up_to, the last has none";
                self.complain("tier", &tier.rule, Code::Order, text);
            }
        }
        for pair in tiers.windows(2) {
            let [lower, upper] = pair else { continue };
            let amount = |tier: &super::Tier| tier.up_to.as_ref().and_then(|f| f.value().copied());
            if let (Some(low), Some(high)) = (amount(lower), amount(upper))
                && low >= high
            {
                let text = format!("{high} does not lie above the tier before it ({low})");
                self.complain("tier", &upper.rule, Code::Order, &text);
            }
        }
    }

    fn handling(&mut self, pack: &Pack) {
        let handling = &pack.handling;
        if let Some(no_survey) = &handling.no_survey {
            let lists: [(&str, &[Criterion]); 3] = [
                ("no_survey.criterion", &no_survey.criteria),
                ("no_survey.suspend", &no_survey.suspend),
                ("no_survey.refer", &no_survey.refer),
            ];
            for (list, criteria) in lists {
                for criterion in criteria {
                    self.tests((list, &criterion.rule), &criterion.tests);
                }
            }
        }
        for shot in &handling.shots {
            self.exist(("shot", &shot.rule), "item", &shot.items);
            self.tests(("shot", &shot.rule), &shot.when);
        }
        for document in &handling.documents {
            self.tests(("document", &document.rule), &document.when);
        }
        for field in &handling.fields {
            self.tests(("field", &field.rule), &field.when);
        }
    }

    fn choice<T>(&mut self, at: (&str, &Rule), choice: &Choice<T>) {
        for (index, branch) in choice.0.iter().enumerate() {
            self.tests(at, &branch.when);
            let is_last = index.saturating_add(1) == choice.0.len();
            if branch.when.is_empty() && !is_last {
                let text = "an entry without `when` always holds: those after it are never reached";
                self.complain(at.0, at.1, Code::Order, text);
            }
        }
    }

    fn tests(&mut self, at: (&str, &Rule), tests: &[Test]) {
        for test in tests {
            let target = match &test.fact {
                Fact::Answer(id) => {
                    self.exist(at, "question", [id]);
                    self.answers(at, id, &test.comparison);
                    continue;
                }
                Fact::Attribute(id) => {
                    self.exist(at, "attribute", [id]);
                    continue;
                }
                Fact::PerilGroup => "peril_group",
                Fact::Zone => "zone",
                Fact::Tier => "tier",
                Fact::Class => "case_class",
                Fact::PolicyClass => "class",
                Fact::ObjectKind => "object",
                Fact::Line => "line",
                Fact::Items => "item",
                // Causes of other packs may be named too.
                Fact::Peril
                | Fact::TopUp
                | Fact::Assessed
                | Fact::AssessedContested
                | Fact::Area
                | Fact::HighSeas
                | Fact::Happened(_) => continue,
            };
            self.exist(at, target, &words(&test.comparison));
        }
    }
}

/// The words a comparison names.
fn words(comparison: &Comparison) -> Vec<String> {
    match comparison {
        Comparison::In(scalars) | Comparison::NotIn(scalars) => scalars
            .iter()
            .filter_map(|scalar| match scalar {
                Scalar::Word(word) => Some(word.clone()),
                Scalar::Truth(_) => None,
            })
            .collect(),
        Comparison::Has(item) => vec![item.clone()],
        Comparison::AtMost(_)
        | Comparison::MoreThan(_)
        | Comparison::AtLeast(_)
        | Comparison::LessThan(_)
        | Comparison::StartsWith(_) => Vec::new(),
    }
}

/// `clock[2]` stands in the list `clock`.
fn list_of(path: &str) -> &str {
    path.rsplit_once('[').map_or(path, |(list, _)| list)
}
