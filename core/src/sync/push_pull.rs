//! Exchange after exchange until there is nothing to push and nothing to pull.
//!
//! Every immediate repeat needs something that moved (an acknowledgement, a stored page, a stream
//! put aside); a repair without movement is tried three times; everything else waits its turn.

use std::collections::VecDeque;

use super::answer::{self, Findings, MoreToPull, Refusal};
use super::effect::{Block, Body, LoadRequest, Method, Recovery, Txn};
use super::engine::{Engine, Turn};
use super::event::ExchangeLoad;
use super::exchange::{self, Limits, Sent, Unsendable};
use super::frame::{Form, StreamMark};
use super::pace;
use super::phase::{AfterStore, Next, Phase, Pulling, Receipts, Verdict, Wanted, Writing};
use super::wire::{Call, Response};
use crate::chain::StreamId;

/// Repairs in a row that may fail before the engine waits.
const MAX_RECOVERIES: u32 = 3;

impl Engine {
    fn push_bytes(&self) -> u64 {
        self.batch.len_bytes().min(self.session.batch_cap)
    }

    pub(super) fn load_exchange(&mut self, turn: &mut Turn) {
        self.session.news = false;
        let what = LoadRequest::Exchange {
            max_bytes: self.push_bytes(),
            run_bytes: pace::run_bytes().min(self.push_bytes()),
            from: self.session.from.iter().map(|(s, n)| (*s, *n)).collect(),
            skip: self.session.held.iter().copied().collect(),
            long: self.session.long.iter().copied().collect(),
        };
        self.load(turn, Wanted::Exchange, what);
    }

    pub(super) fn exchange(&mut self, turn: &mut Turn, load: ExchangeLoad) {
        self.progress.to_push = load.waiting;
        let limits = Limits {
            push_bytes: self.push_bytes(),
            pull_bytes: match self.session.pulling {
                Pulling::Open => Some(self.batch.len_bytes()),
                Pulling::AfterPush | Pulling::Never => None,
            },
            form: self.session.form,
            dictionary: self.dictionary,
        };
        match exchange::compose(self.device, load, limits, &self.session.held) {
            Ok(Some((body, mut sent))) => {
                sent.since_ms = turn.now;
                let rid = self.send(turn, page_call(body));
                self.phase = Phase::Exchange {
                    rid,
                    sent: Box::new(sent),
                };
            }
            Ok(None) => self.load_blobs(turn),
            Err(Unsendable { stream, why }) => {
                turn.trouble("UNSENDABLE", &why.to_string(), stream);
                match stream {
                    Some(stream) => {
                        self.session.held.insert(stream);
                        self.load_exchange(turn);
                    }
                    None => self.wait(turn, 0, Next::Exchange),
                }
            }
        }
    }

    pub(super) fn on_answer(&mut self, turn: &mut Turn, sent: &Sent, got: &Response) {
        self.batch.measured(
            self.body_len.saturating_add(got.body.len() as u64),
            turn.now.saturating_sub(sent.since_ms),
        );
        let answer = match answer::read(got.status, &got.body, sent) {
            Ok(answer) => answer,
            Err(why) => {
                turn.trouble("PAGE", &why.to_string(), None);
                return self.wait(turn, got.retry_after_ms(), Next::Exchange);
            }
        };
        let mut found = answer::judge(answer, sent);
        for fault in &found.faults {
            turn.trouble(&fault.code, &fault.detail, fault.stream);
        }
        for stream in &found.unanswered {
            turn.trouble("UNACKNOWLEDGED", "", Some(*stream));
        }
        let put_aside = self.note_findings(&found);
        let queue = transactions(&mut found, &put_aside);
        let moved = found.acked > 0 || has_page(&queue) || !put_aside.is_empty();
        self.note_receipts(sent, &found);
        let verdict = self.verdict(sent, &found, moved, got.retry_after_ms());
        self.store(turn, queue, AfterStore::Exchange(verdict));
    }

    /// Remembers what the next load must know; gives the streams that are put aside now.
    fn note_findings(&mut self, found: &Findings) -> Vec<StreamId> {
        for ack in &found.acks {
            self.session.from.remove(&ack.stream);
        }
        for (stream, expected) in &found.gaps {
            self.session.from.insert(*stream, *expected);
        }
        if let Some(limit) = found.max_request_bytes {
            let limit = limit.max(pace::MIN_BATCH);
            self.session.batch_cap = self.session.batch_cap.min(limit);
        }
        self.session.long.extend(&found.unverified);
        self.progress.to_pull = found.lag;
        if found.acked > 0 {
            self.advanced();
            self.progress.pushed = self.progress.pushed.saturating_add(found.acked);
            self.progress.to_push = self.progress.to_push.saturating_sub(found.acked);
        }
        let refused = found.forked.iter().chain(&found.refused);
        refused
            .filter(|stream| self.session.held.insert(**stream))
            .copied()
            .collect()
    }

    /// The receipts for what was pushed come in the same answer, at the end of the feed; only what
    /// was answered otherwise leaves them due.
    fn note_receipts(&mut self, sent: &Sent, found: &Findings) {
        let read_to_the_end = sent.pulled() && found.more_to_pull == MoreToPull::No;
        if read_to_the_end && found.refusal.is_none() {
            self.session.receipts = Receipts::None;
        } else if found.acked > 0 {
            self.session.receipts = Receipts::Due;
        }
    }

    fn verdict(&mut self, sent: &Sent, found: &Findings, moved: bool, floor_ms: u64) -> Verdict {
        match found.refusal {
            Some(Refusal::Revoked) => return Verdict::Block(Block::Revoked),
            Some(Refusal::Upgrade) => {
                self.session.pulling = Pulling::Never;
                // Asked without a pull, only what is pushed can be too old: nothing more to try.
                return if sent.pulled() {
                    Verdict::Again
                } else {
                    Verdict::Block(Block::Upgrade)
                };
            }
            Some(Refusal::TooLarge) if self.push_bytes() > pace::MIN_BATCH => {
                self.session.batch_cap = (self.push_bytes() / 2).max(pace::MIN_BATCH);
                return Verdict::Again;
            }
            Some(Refusal::Dictionary) => {
                self.dictionary = None;
                return Verdict::Again;
            }
            Some(Refusal::TooLarge | Refusal::Wait) => return Verdict::Wait { floor_ms },
            None => {}
        }
        if found.needs_repair() {
            return self.repair(found, moved);
        }
        let unfinished =
            sent.more || !found.unanswered.is_empty() || found.more_to_pull != MoreToPull::No;
        match (unfinished, moved) {
            (true, true) => Verdict::Again,
            (true, false) => Verdict::Wait { floor_ms },
            (false, _) => Verdict::Quiet,
        }
    }

    /// The next load starts elsewhere; at once, unless that did not help three times.
    fn repair(&mut self, found: &Findings, moved: bool) -> Verdict {
        if moved {
            self.recoveries = 0;
        }
        self.recoveries += 1;
        if self.recoveries <= MAX_RECOVERIES {
            return Verdict::Again;
        }
        let gaps = found.gaps.iter().map(|(stream, _)| *stream);
        self.session
            .held
            .extend(gaps.chain(found.behind.iter().copied()));
        Verdict::Wait { floor_ms: 0 }
    }

    /// A short run of a page could not be rebuilt: the page is asked for again in long form.
    pub(super) fn ask_long(&mut self, turn: &mut Turn) {
        turn.trouble("RUN_UNVERIFIED", "a page is asked for in long form", None);
        let repeated = self.session.form.replace(Form::Long).is_some();
        if repeated {
            return self.wait(turn, 0, Next::Exchange);
        }
        self.go(turn, Next::Exchange);
    }

    /// The store itself saw that the hub knows a newer past of it.
    pub(super) fn recover_rollback(&mut self, turn: &mut Turn, hub: StreamMark) {
        self.recoveries += 1;
        if self.recoveries > MAX_RECOVERIES {
            return self.wait(turn, 0, Next::Exchange);
        }
        let queue = VecDeque::from([Txn::Rollback { hub }]);
        self.store(turn, queue, AfterStore::Exchange(Verdict::Again));
    }

    pub(super) fn follow_verdict(&mut self, turn: &mut Turn, verdict: Verdict) {
        match verdict {
            Verdict::Again => self.go(turn, Next::Exchange),
            Verdict::Quiet if self.session.news => self.go(turn, Next::Exchange),
            Verdict::Quiet => self.load_blobs(turn),
            Verdict::Wait { floor_ms } => self.wait(turn, floor_ms, Next::Exchange),
            Verdict::Block(why) => self.block(why),
        }
    }

    pub(super) fn note_stored(&mut self, writing: Writing) {
        match writing {
            Writing::Acked
            | Writing::Token
            | Writing::Recover(Recovery::CursorReset | Recovery::Fork) => {}
            Writing::Page { envelopes } => {
                self.advanced();
                self.session.form = None;
                self.progress.pulled += envelopes;
            }
            Writing::BlobSent(digest) => self.note_blob_sent(digest),
            Writing::Recover(Recovery::Rollback) => self.session.restart(),
        }
    }

    /// Pushed, pulled, uploaded: fetch the receipts for it, or rest.
    pub(super) fn finish(&mut self, turn: &mut Turn) {
        let again = match self.session.pulling {
            Pulling::AfterPush => true,
            Pulling::Open => self.session.receipts == Receipts::Due,
            Pulling::Never => false,
        };
        if again {
            self.session.pulling = Pulling::Open;
            self.session.receipts = Receipts::None;
        }
        if again || self.session.news {
            self.go(turn, Next::Exchange);
        } else {
            self.rest();
        }
    }
}

/// In the order they are written: what the hub holds, what it sent, then what is put right.
fn transactions(found: &mut Findings, put_aside: &[StreamId]) -> VecDeque<Txn> {
    let mut queue = VecDeque::new();
    if !found.acks.is_empty() {
        queue.push_back(Txn::Acked(std::mem::take(&mut found.acks)));
    }
    if let Some(page) = found.page.take()
        && let Some(cursor) = page.cursor.and_then(|cursor| cursor.token)
    {
        queue.push_back(Txn::Page {
            runs: page.runs,
            late: page.late,
            cursor,
        });
    }
    let forks = found.forked.iter().filter(|it| put_aside.contains(it));
    queue.extend(forks.map(|stream| Txn::Fork { stream: *stream }));
    if found.cursor_reset.is_some() {
        queue.push_back(Txn::CursorReset);
    }
    // One is enough: the new epoch it opens is that of the whole store.
    let rollback = found.rollback.first();
    queue.extend(rollback.map(|hub| Txn::Rollback { hub: *hub }));
    queue
}

fn has_page(queue: &VecDeque<Txn>) -> bool {
    queue.iter().any(|txn| matches!(txn, Txn::Page { .. }))
}

fn page_call(body: Vec<u8>) -> Call {
    Call {
        method: Method::Post,
        path: "/v1/sync".to_owned(),
        headers: Vec::new(),
        body: Body::Mem(body),
    }
}
