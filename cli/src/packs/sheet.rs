//! The contract sheet: a pack as a lawyer reads it, every number with its source, blanks as blanks.
//!
//! Built from the parsed pack alone, so that it cannot say what the program does not do. Chapters,
//! parts and rows are data here; `markdown` and `terminal` write them.

mod handling;
mod insured;
mod paying;
mod phrase;
mod service;

use lossbook_core::rules::{CivilPeriod, Figure, Pack, Rule};

use crate::words::{Both, listed, source, word};

use self::phrase::Phrase;

/// A contract to be read.
#[derive(Debug)]
pub struct Sheet {
    /// What the contract is called.
    pub title: Both,
    /// What it is: version, periods, digest.
    pub head: Vec<(Both, Both)>,
    /// What it says.
    pub chapters: Vec<Chapter>,
    /// Numbers the contract leaves open: place, why or where to fill, source.
    pub blanks: Vec<Number>,
    /// All numbers: what is written in the data, one by one.
    pub numbers: Vec<Number>,
}

/// A number as the data has it.
#[derive(Debug)]
pub struct Number {
    /// Its place, with ids in place of positions.
    pub place: String,
    /// Its value, or why it is blank.
    pub value: Result<String, Both>,
    /// Where it stands.
    pub source: String,
}

/// Part of a contract: what is insured, what is paid, …
#[derive(Debug)]
pub struct Chapter {
    /// Its heading.
    pub title: Both,
    /// Its lists.
    pub parts: Vec<Part>,
}

/// One list of rules.
#[derive(Debug)]
pub struct Part {
    /// Its heading.
    pub title: Both,
    /// Its rules.
    pub rows: Vec<Row>,
}

/// One rule.
#[derive(Debug)]
pub struct Row {
    /// Its id in the pack.
    pub id: String,
    /// Its names.
    pub name: Both,
    /// What it says.
    pub terms: Vec<Both>,
    /// Where it stands.
    pub source: String,
}

impl Part {
    fn new(zh: &str, en: &str, rows: Vec<Row>) -> Self {
        Self {
            title: Both::of(zh, en),
            rows,
        }
    }
}

impl Row {
    fn of(rule: &Rule, terms: Vec<Both>) -> Self {
        Self {
            id: rule.id.clone(),
            name: Both::of(&rule.names.zh, &rule.names.en),
            terms,
            source: rule.source.clone(),
        }
    }

    /// A statement of the contract that has no id of its own.
    fn stated(id: &str, zh: &str, en: &str, terms: Vec<Both>) -> Self {
        Self {
            id: id.to_owned(),
            name: Both::of(zh, en),
            terms,
            source: String::new(),
        }
    }
}

impl Sheet {
    /// The sheet of a pack.
    pub fn of(pack: &Pack) -> Self {
        let phrase = Phrase::of(pack);
        let mut chapters = vec![
            Chapter {
                title: Both::of("保什么", "What is insured"),
                parts: insured::parts(&phrase),
            },
            Chapter {
                title: Both::of("赔多少", "What it pays"),
                parts: paying::parts(&phrase),
            },
            Chapter {
                title: Both::of("何时到期", "When it is due"),
                parts: service::parts(&phrase),
            },
            Chapter {
                title: Both::of("如何办理", "How it is handled"),
                parts: handling::parts(&phrase),
            },
        ];
        for chapter in &mut chapters {
            chapter.parts.retain(|part| !part.rows.is_empty());
        }
        chapters.retain(|chapter| !chapter.parts.is_empty());
        let numbers = || {
            pack.figures.iter().map(|figure| Number {
                place: place(pack, &figure.path),
                value: match (&figure.value, &figure.blank) {
                    (Some(value), _) => Ok(value.clone()),
                    (None, why) => Err(word(why.as_deref().unwrap_or_default())),
                },
                source: figure.source.clone(),
            })
        };
        Self {
            title: Both::of(&pack.title.zh, &pack.title.en),
            head: head(pack),
            chapters,
            blanks: numbers().filter(|number| number.value.is_err()).collect(),
            numbers: numbers().collect(),
        }
    }
}

/// `clock[2].due[0]` as `clock.arrival.due[0]`: positions say nothing to a reader.
pub fn place(pack: &Pack, path: &str) -> String {
    let inside = |rule: &&lossbook_core::rules::RuleNote| {
        path.strip_prefix(rule.path.as_str())
            .is_some_and(|rest| rest.starts_with('.') || rest.is_empty())
    };
    let rule = pack
        .rules
        .iter()
        .filter(inside)
        .max_by_key(|rule| rule.path.len());
    let Some(rule) = rule else {
        let authorities = pack.handling.authority.iter().enumerate();
        let mut named = authorities.filter_map(|(at, authority)| {
            let rest = path.strip_prefix(&format!("authority[{at}]"))?;
            Some(format!("authority.{}{rest}", authority.role))
        });
        return named.next().unwrap_or_else(|| path.to_owned());
    };
    let list = rule
        .path
        .rsplit_once('[')
        .map_or(rule.path.as_str(), |(list, _)| list);
    let rest = path.strip_prefix(rule.path.as_str()).unwrap_or_default();
    format!("{list}.{}{rest}", rule.id)
}

fn head(pack: &Pack) -> Vec<(Both, Both)> {
    let mut head = vec![
        (Both::of("编号", "id"), Both::same(&pack.id)),
        (Both::of("版本", "version"), Both::same(&pack.version)),
        (
            Both::of("本版生效", "this version in force"),
            period(&pack.effective),
        ),
    ];
    if let Some(stated) = &pack.period {
        head.push((Both::of("保险期间", "period of insurance"), period(stated)));
    }
    head.push((Both::of("时区", "time zone"), Both::same(&pack.zone_name)));
    head.push((
        Both::of("险种", "lines of business"),
        listed(pack.lines.iter().map(String::as_str)),
    ));
    let hours = match &pack.working_hours.figure {
        Figure::Is(hours) => Both::same(hours.to_string()),
        Figure::Blank(why) => phrase::blank(&word(why)),
        Figure::Policy | Figure::Object => phrase::of_policy(),
    };
    head.push((
        Both::of("办公时间", "working hours"),
        phrase::with_source(hours, &pack.working_hours.source),
    ));
    if let Some(beside) = &pack.beside {
        head.push((
            Both::of(
                "并行适用，以较早时限为准",
                "beside it, the earlier limit leads",
            ),
            Both::same(beside),
        ));
    }
    head.push((
        Both::of("摘要 (SHA-256)", "digest (SHA-256)"),
        Both::same(pack.digest().to_string()),
    ));
    head
}

fn period(period: &CivilPeriod) -> Both {
    let time = |at: jiff::civil::DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
    let from = time(period.from);
    let text = match period.to.map(time) {
        Some(to) => Both::of(
            format!("{from} 起，{to} 止（不含该时刻）"),
            format!("from {from} until {to} (that instant excluded)"),
        ),
        None => Both::of(format!("{from} 起"), format!("from {from}")),
    };
    phrase::with_source(text, &period.source)
}

/// The source as a reader wants it.
pub fn readable(text: &str) -> Both {
    source(text)
}
