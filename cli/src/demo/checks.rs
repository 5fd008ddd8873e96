//! What was checked, and how it reads.

use serde_json::{Value, json};

/// The checks of one telling.
pub(super) struct Checks<'a> {
    print: &'a mut dyn FnMut(&str),
    all: Vec<Check>,
}

struct Check {
    id: &'static str,
    ok: bool,
    detail: String,
}

impl<'a> Checks<'a> {
    pub(super) fn new(print: &'a mut dyn FnMut(&str)) -> Self {
        Self {
            print,
            all: Vec::new(),
        }
    }

    /// Begins a step, in both languages.
    pub(super) fn step(&mut self, zh: &str, en: &str) {
        (self.print)(&format!("\n■ {zh}\n  {en}"));
    }

    /// Says something that is not checked.
    pub(super) fn say(&mut self, text: impl AsRef<str>) {
        (self.print)(&format!("    {}", text.as_ref()));
    }

    /// Notes a check.
    pub(super) fn check(&mut self, id: &'static str, ok: bool, detail: impl Into<String>) {
        let detail = detail.into();
        (self.print)(&format!("  {} {id}: {detail}", if ok { "✓" } else { "✗" }));
        self.all.push(Check { id, ok, detail });
    }

    pub(super) fn all_green(&self) -> bool {
        self.all.iter().all(|check| check.ok)
    }

    pub(super) fn to_json(&self) -> Value {
        self.all
            .iter()
            .map(|check| json!({"id": check.id, "ok": check.ok, "detail": check.detail}))
            .collect()
    }

    /// The table at the end.
    pub(super) fn table(&mut self, summary: &Value) {
        let number = |path: &str| {
            summary
                .pointer(path)
                .map_or_else(|| "?".to_owned(), ToString::to_string)
        };
        let green = self.all.iter().filter(|check| check.ok).count();
        let rows = [
            (
                "检查 checks",
                format!("{green} of {} green", self.all.len()),
            ),
            ("案件 cases", number("/cases")),
            (
                "照片 photos",
                format!("{} ({} bytes)", number("/photos"), number("/photo_bytes")),
            ),
            ("上行字节 bytes up", number("/wire/up_bytes")),
            ("下行字节 bytes down", number("/wire/down_bytes")),
            ("请求 requests", number("/wire/requests")),
            ("重试 retries", number("/wire/retries")),
            ("断线 connections cut", number("/wire/cuts")),
            ("争议 conflicts settled", number("/conflicts")),
            (
                "签名 signatures",
                summary
                    .pointer("/signatures")
                    .map_or_else(String::new, ToString::to_string),
            ),
            ("回执 entries under receipt", number("/receipts")),
        ];
        (self.print)("");
        for (name, value) in rows {
            (self.print)(&format!("  {name:<28} {value}"));
        }
    }
}
