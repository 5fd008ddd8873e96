//! What each exchange did, in words: R301. And what of each case is still on its way.
//!
//! Notes come from whoever drives the engine, one for each time it ran; people read them on the
//! phone, newest first. Figures and stable codes only: no name, no place, no amount is in a note.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::device::Device;
use super::error::AppError;
use crate::domain::{WallMs, cbor, civil_text};
use crate::statement::Language;
use crate::store::{CaseLeft, StoreError};
use crate::sync::Progress;

/// How one run of the engine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SyncEnd {
    /// Everything that could go went.
    #[n(1)]
    Done,
    /// The way to the hub was too weak, or absent.
    #[n(2)]
    NoWay,
    /// The hub takes nothing from this device until a person has acted.
    #[n(3)]
    Blocked,
    /// No room on this device.
    #[n(4)]
    DiskFull,
}

/// One run of the engine.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncNote {
    /// When it began.
    #[n(1)]
    pub began: WallMs,
    /// When it ended.
    #[n(2)]
    pub ended: WallMs,
    /// How.
    #[n(3)]
    pub end: SyncEnd,
    /// Entries that the hub acknowledged.
    #[n(4)]
    pub sent: u64,
    /// Entries taken from the hub.
    #[n(5)]
    pub received: u64,
    /// Photos and thumbnails that the hub holds now.
    #[n(6)]
    pub photos: u64,
    /// Bytes sent.
    #[n(7)]
    pub bytes_up: u64,
    /// Bytes received.
    #[n(8)]
    pub bytes_down: u64,
    /// Requests made.
    #[n(9)]
    pub requests: u64,
    /// Of those, made again.
    #[n(10)]
    pub retries: u64,
    /// Entries that still wait here.
    #[n(11)]
    pub entries_left: u64,
    /// Photos that still wait here.
    #[n(12)]
    pub photos_left: u64,
    /// Photos that wait for a link that costs nothing.
    #[n(13)]
    pub photos_held: u64,
    /// What went wrong on the way, and how often, by stable codes.
    #[n(14)]
    pub troubles: BTreeMap<String, u64>,
}

impl SyncNote {
    /// What a run did, from the engine's figures and the codes it reported.
    pub fn of(
        (began, ended): (WallMs, WallMs),
        end: SyncEnd,
        (progress, troubles): (&Progress, &[String]),
    ) -> Self {
        let mut counted = BTreeMap::new();
        for code in troubles {
            *counted.entry(code.clone()).or_insert(0) += 1;
        }
        Self {
            began,
            ended,
            end,
            sent: progress.pushed,
            received: progress.pulled,
            photos: progress.blobs_sent,
            bytes_up: progress.bytes_up,
            bytes_down: progress.bytes_down,
            requests: progress.requests,
            retries: progress.retries,
            entries_left: progress.to_push,
            photos_left: progress.blobs_left,
            photos_held: progress.blobs_held,
            troubles: counted,
        }
    }

    /// The note as a person reads it.
    pub fn sentence(&self, language: Language) -> String {
        let at = civil_text(self.began, "Asia/Shanghai");
        let seconds = (self.ended.0 - self.began.0).max(0) / 1_000;
        let end = self.end_words(language);
        let left = self.left_words(language);
        let troubles = self.trouble_words(language);
        match language {
            Language::Zh => format!(
                "{at} {end}（{seconds} 秒）：发送 {} 条记录、{} 张照片，接收 {} 条记录；上行 {} 字节，下行 {} 字节，请求 {} 次{left}{troubles}",
                self.sent,
                self.photos,
                self.received,
                self.bytes_up,
                self.bytes_down,
                self.requests
            ),
            Language::En => format!(
                "{at} {end} ({seconds} s): sent {} and {}, received {}; {} up, {} down, {}{left}{troubles}",
                counted(self.sent, "entry", "entries"),
                counted(self.photos, "photo", "photos"),
                counted(self.received, "entry", "entries"),
                counted(self.bytes_up, "byte", "bytes"),
                counted(self.bytes_down, "byte", "bytes"),
                counted(self.requests, "request", "requests"),
            ),
        }
    }

    const fn end_words(&self, language: Language) -> &'static str {
        match (self.end, language) {
            (SyncEnd::Done, Language::Zh) => "同步完成",
            (SyncEnd::Done, Language::En) => "synchronised",
            (SyncEnd::NoWay, Language::Zh) => "网络不通，未完成",
            (SyncEnd::NoWay, Language::En) => "not finished, no way to the hub",
            (SyncEnd::Blocked, Language::Zh) => "总部未接受，需要处理",
            (SyncEnd::Blocked, Language::En) => "not accepted by head office, somebody must act",
            (SyncEnd::DiskFull, Language::Zh) => "本机存储已满，未完成",
            (SyncEnd::DiskFull, Language::En) => "not finished, this device is full",
        }
    }

    fn left_words(&self, language: Language) -> String {
        let mut words = String::new();
        if self.entries_left + self.photos_left > 0 {
            words = match language {
                Language::Zh => format!(
                    "；尚有 {} 条记录、{} 张照片待发送",
                    self.entries_left, self.photos_left
                ),
                Language::En => format!(
                    "; still waiting here: {} and {}",
                    counted(self.entries_left, "entry", "entries"),
                    counted(self.photos_left, "photo", "photos"),
                ),
            };
        }
        if self.photos_held > 0 {
            words.push_str(&match language {
                Language::Zh => format!("；{} 张原片等待 Wi-Fi", self.photos_held),
                Language::En => {
                    let held = counted(self.photos_held, "original", "originals");
                    format!("; waiting for Wi-Fi: {held}")
                }
            });
        }
        words
    }

    fn trouble_words(&self, language: Language) -> String {
        let all: Vec<String> = self
            .troubles
            .iter()
            .map(|(code, count)| match language {
                Language::Zh => format!("{} {count} 次", trouble(code, language)),
                Language::En => {
                    format!(
                        "{} ({})",
                        trouble(code, language),
                        counted(*count, "time", "times")
                    )
                }
            })
            .collect();
        match (all.is_empty(), language) {
            (true, _) => String::new(),
            (false, Language::Zh) => format!("；途中：{}", all.join("、")),
            (false, Language::En) => format!("; on the way: {}", all.join(", ")),
        }
    }
}

/// A number with its word.
fn counted(count: u64, one: &str, more: &str) -> String {
    let word = if count == 1 { one } else { more };
    format!("{count} {word}")
}

/// A code of the engine in words; one that is not known here as it is.
fn trouble(code: &str, language: Language) -> String {
    let words = match code {
        "NO_NETWORK" => ("没有网络", "no network"),
        "CUT" => ("连接中断", "connection cut"),
        "TIMEOUT" => ("网络停滞", "connection stood still"),
        "REFUSED" => ("服务器无应答", "nobody answered at the hub"),
        "TLS" => ("服务器证书不可信", "the hub's certificate is not trusted"),
        "BUSY" => ("服务器繁忙", "the hub was busy"),
        "PAGE" => ("应答不完整或被截获", "an answer was cut or not the hub's"),
        "TOKEN" => ("身份未通过", "not let in"),
        "STORE" => ("本机存储出错", "storing failed here"),
        "GAP" | "ROLLBACK" | "CURSOR_RESET" => ("自动对账修复", "put right by itself"),
        "RUN_UNVERIFIED" => ("改用完整格式重发", "sent again in long form"),
        "STREAM_FORKED" => ("记录流分叉，已报告", "a stream forked; reported"),
        "SCOPE_DENIED" => ("无此区域权限", "no right to this area"),
        "SCHEMA_TOO_OLD" => ("需要升级应用", "the app must be updated"),
        other => (other, other),
    };
    match language {
        Language::Zh => words.0.to_owned(),
        Language::En => words.1.to_owned(),
    }
}

impl Device {
    /// Keeps a note.
    ///
    /// # Errors
    /// As the store fails.
    pub fn note_sync(&self, note: &SyncNote) -> Result<(), AppError> {
        Ok(self
            .store
            .transact(|tx| tx.add_sync_note(&cbor::encode(note)))?)
    }

    /// The newest notes, newest first.
    ///
    /// # Errors
    /// As the store fails.
    pub fn sync_log(&self, limit: u32) -> Result<Vec<SyncNote>, AppError> {
        Ok(self.store.transact(|tx| {
            tx.sync_notes(limit)?
                .iter()
                .map(|note| cbor::decode(note).map_err(StoreError::from))
                .collect::<Result<_, _>>()
        })?)
    }

    /// Every case of which something is not confirmed by the hub yet.
    ///
    /// # Errors
    /// As the store fails.
    pub fn cases_left(&self) -> Result<Vec<CaseLeft>, AppError> {
        Ok(self.store.transact(|tx| tx.cases_left())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_in_both_languages() {
        let note = SyncNote {
            began: WallMs(1_751_349_600_000),
            ended: WallMs(1_751_349_642_000),
            end: SyncEnd::NoWay,
            sent: 12,
            received: 3,
            photos: 2,
            bytes_up: 4_096,
            bytes_down: 300,
            requests: 7,
            retries: 2,
            entries_left: 0,
            photos_left: 5,
            photos_held: 4,
            troubles: BTreeMap::from([("CUT".to_owned(), 2)]),
        };
        let zh = note.sentence(Language::Zh);
        assert!(
            zh.contains("发送 12 条记录") && zh.contains("连接中断 2 次"),
            "{zh}"
        );
        assert!(zh.contains("4 张原片等待 Wi-Fi"), "{zh}");
        let en = note.sentence(Language::En);
        assert!(
            en.contains("waiting here: 0 entries and 5 photos")
                && en.contains("connection cut (2 times)")
                && en.contains("42 s"),
            "{en}"
        );
    }
}
