//! Photos over tus 1.0, one at a time, resumed by the byte.
//!
//! The hub's offset is followed forwards and backwards; five turns in which it reaches no new
//! height give the blob up until the next start, and the next one goes. New envelopes overtake
//! photos between two pieces.

use std::collections::VecDeque;

use super::effect::{Block, Body, Effect, LoadRequest, Method, Report, Txn};
use super::engine::{Engine, Turn};
use super::event::{BlobJob, BlobLoad, Failure, Link, Originals, Waiting};
use super::phase::{AfterStore, Next, Phase, Pulling, Receipts, Upload, UploadStep, Wanted};
use super::wire::{Call, Response};
use crate::chain::BlobRole;
use crate::domain::Digest;

const MAX_TURNS: u32 = 5;
const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");

impl Engine {
    pub(super) fn load_blobs(&mut self, turn: &mut Turn) {
        let originals = match self.link {
            Link::Up { metered: true, .. } => self.policy.metered_originals,
            Link::Up { metered: false, .. } | Link::Down => Originals::Send,
        };
        self.load(turn, Wanted::Blobs, LoadRequest::Blobs { originals });
    }

    pub(super) fn upload_all(&mut self, turn: &mut Turn, load: BlobLoad) {
        let BlobLoad {
            mut jobs,
            waiting,
            held,
        } = load;
        let listed: u64 = jobs.iter().map(|job| job.len_bytes).sum();
        self.unlisted = Waiting {
            blobs: waiting.blobs.saturating_sub(jobs.len() as u64),
            bytes: waiting.bytes.saturating_sub(listed),
        };
        self.progress.blobs_held = held.blobs;
        self.progress.blob_bytes_held = held.bytes;
        jobs.retain(|job| !self.session.settled.contains(&job.digest));
        jobs.sort_by_key(|job| match job.role {
            BlobRole::Thumbnail => 0,
            BlobRole::Preview => 1,
            BlobRole::Original => 2,
        });
        if jobs.is_empty() {
            self.count_left(0, 0);
            return self.finish(turn);
        }
        self.next_blob(turn, jobs.into());
    }

    fn count_left(&mut self, blobs: u64, bytes: u64) {
        self.progress.blobs_left = blobs.saturating_add(self.unlisted.blobs);
        self.progress.blob_bytes_left = bytes.saturating_add(self.unlisted.bytes);
    }

    pub(super) fn next_blob(&mut self, turn: &mut Turn, mut rest: VecDeque<BlobJob>) {
        let bytes = rest.iter().map(|job| job.len_bytes).sum();
        self.count_left(rest.len() as u64, bytes);
        if self.session.news {
            return self.go(turn, Next::Exchange);
        }
        let Some(job) = rest.pop_front() else {
            return self.load_blobs(turn);
        };
        let upload = Upload {
            job,
            rest,
            best: 0,
            turns: 0,
        };
        self.go(turn, Next::Blobs(Box::new(upload)));
    }

    /// Begins, or goes on after a wait, where the hub says.
    pub(super) fn resume_upload(&mut self, turn: &mut Turn, upload: Box<Upload>) {
        if self.session.news {
            self.load_exchange(turn);
        } else if self.session.created.contains(&upload.job.digest) {
            self.ask(turn, UploadStep::Head, upload);
        } else {
            self.ask(turn, UploadStep::Create, upload);
        }
    }

    fn ask(&mut self, turn: &mut Turn, step: UploadStep, upload: Box<Upload>) {
        let rid = self.send(turn, blob_call(&step, &upload.job));
        self.phase = Phase::Blobs { rid, step, upload };
    }

    pub(super) fn on_blob(
        &mut self,
        turn: &mut Turn,
        step: UploadStep,
        upload: Box<Upload>,
        got: &Response,
    ) {
        let offset = offset_of(got);
        match (step, got.status) {
            (UploadStep::Create, 200..=299) => {
                self.session.created.insert(upload.job.digest);
                match offset {
                    Some(offset) => self.follow(turn, upload, offset),
                    None => self.ask(turn, UploadStep::Head, upload),
                }
            }
            (UploadStep::Head, 200..=299) => match offset {
                Some(offset) => self.follow(turn, upload, offset),
                None => self.stumble(turn, upload, "no offset in the answer"),
            },
            (UploadStep::Chunks { offset }, 200..=299) => self.patch(turn, upload, offset),
            (UploadStep::Patch { from, since_ms, .. }, 200..=299) => match offset {
                Some(offset) if offset > from => {
                    let took_ms = turn.now.saturating_sub(since_ms);
                    self.piece.measured(offset - from, took_ms);
                    self.follow(turn, upload, offset);
                }
                Some(_) => self.stumble(turn, upload, "the hub took nothing"),
                None => self.ask_again(turn, upload),
            },
            (UploadStep::Head, 404 | 410) => {
                self.session.created.remove(&upload.job.digest);
                self.stumble(turn, upload, "the upload is gone");
            }
            (UploadStep::Patch { .. }, 413) => {
                self.piece.halve();
                self.stumble(turn, upload, "the piece is too large");
            }
            (_, 426) => {
                self.session.pulling = Pulling::Never;
                self.block(Block::Upgrade);
            }
            (_, 507) => self.hold_photos(turn, *upload),
            (_, 404 | 409 | 410 | 460 | 500) => {
                self.stumble(turn, upload, &format!("status {}", got.status));
            }
            (_, status) => self.give_up(turn, *upload, &format!("status {status}")),
        }
    }

    /// Sends from where the hub stands, or is done.
    fn follow(&mut self, turn: &mut Turn, mut upload: Box<Upload>, offset: u64) {
        if offset > upload.job.len_bytes {
            return self.stumble(turn, upload, "the offset is behind the end");
        }
        if offset > upload.best {
            upload.best = offset;
            upload.turns = 0;
            self.advanced();
        }
        let left: u64 = upload.rest.iter().map(|job| job.len_bytes).sum();
        let bytes = left + (upload.job.len_bytes - offset);
        self.count_left(upload.rest.len() as u64 + 1, bytes);
        if offset == upload.job.len_bytes {
            let queue = VecDeque::from([Txn::BlobSent(upload.job.digest)]);
            return self.store(turn, queue, AfterStore::Blobs(upload.rest));
        }
        if self.session.news {
            return self.go(turn, Next::Exchange);
        }
        if offset == 0 && upload.job.chunks.len() > 1 {
            return self.ask(turn, UploadStep::Chunks { offset }, upload);
        }
        self.patch(turn, upload, offset);
    }

    fn patch(&mut self, turn: &mut Turn, upload: Box<Upload>, from: u64) {
        let len = (upload.job.len_bytes - from).min(self.piece.len_bytes());
        let step = UploadStep::Patch {
            from,
            len,
            since_ms: turn.now,
        };
        self.ask(turn, step, upload);
    }

    /// A turn without progress: ask where the hub stands, or give up.
    fn stumble(&mut self, turn: &mut Turn, mut upload: Box<Upload>, why: &str) {
        upload.turns += 1;
        if upload.turns >= MAX_TURNS {
            return self.give_up(turn, *upload, why);
        }
        self.progress.retries += 1;
        self.ask_again(turn, upload);
    }

    fn ask_again(&mut self, turn: &mut Turn, upload: Box<Upload>) {
        if self.session.created.contains(&upload.job.digest) {
            self.ask(turn, UploadStep::Head, upload);
        } else {
            self.ask(turn, UploadStep::Create, upload);
        }
    }

    /// The hub has no room: no photo goes now, everything else does, and none of them is broken.
    fn hold_photos(&mut self, turn: &mut Turn, upload: Upload) {
        turn.trouble("QUOTA", "the hub has no room for photos now", None);
        self.session.settled.insert(upload.job.digest);
        let rest = upload.rest.iter().map(|job| job.digest);
        self.session.settled.extend(rest);
        self.next_blob(turn, VecDeque::new());
    }

    fn give_up(&mut self, turn: &mut Turn, upload: Upload, why: &str) {
        self.note_broken(turn, upload.job.digest, why);
        self.next_blob(turn, upload.rest);
    }

    fn note_broken(&mut self, turn: &mut Turn, digest: Digest, why: &str) {
        self.session.settled.insert(digest);
        self.progress.blobs_broken += 1;
        turn.out.push(Effect::Report(Report::BlobBroken {
            digest,
            why: why.to_owned(),
        }));
    }

    /// A piece that broke off counts as a turn; a hub that was not reached does not.
    pub(super) fn on_blob_fail(
        &mut self,
        turn: &mut Turn,
        step: &UploadStep,
        mut upload: Box<Upload>,
        why: Failure,
    ) {
        let broke_off = match why {
            Failure::Cut | Failure::Timeout => matches!(step, UploadStep::Patch { .. }),
            Failure::NoNetwork | Failure::Refused | Failure::Tls => false,
        };
        if broke_off {
            self.piece.halve();
            upload.turns += 1;
        }
        if upload.turns >= MAX_TURNS {
            self.note_broken(turn, upload.job.digest, "cut too often");
            return self.wait(turn, 0, Next::Exchange);
        }
        self.wait_unless_it_moved(turn, broke_off, Next::Blobs(upload));
    }

    pub(super) fn note_blob_sent(&mut self, digest: Digest) {
        self.session.settled.insert(digest);
        self.session.receipts = Receipts::Due;
        self.progress.blobs_sent += 1;
    }
}

fn offset_of(got: &Response) -> Option<u64> {
    got.header("Upload-Offset")?.parse().ok()
}

fn blob_call(step: &UploadStep, job: &BlobJob) -> Call {
    let path = format!("/v1/tus/{}", job.digest);
    let tus = (TUS.0, TUS.1.to_owned());
    match step {
        UploadStep::Create => Call {
            method: Method::Post,
            path: "/v1/tus".to_owned(),
            headers: vec![
                tus,
                ("Upload-Length", job.len_bytes.to_string()),
                ("Upload-Metadata", metadata(job)),
            ],
            body: Body::Empty,
        },
        UploadStep::Head => Call {
            method: Method::Head,
            path,
            headers: vec![tus],
            body: Body::Empty,
        },
        UploadStep::Chunks { .. } => {
            let mut list = Vec::with_capacity(job.chunks.len() * 32);
            for chunk in &job.chunks {
                list.extend_from_slice(chunk.as_bytes());
            }
            Call {
                method: Method::Put,
                path: format!("/v1/blobs/{}/chunks", job.digest),
                headers: vec![("Content-Type", "application/octet-stream".to_owned())],
                body: Body::Mem(list),
            }
        }
        UploadStep::Patch { from, len, .. } => Call {
            method: Method::Patch,
            path,
            headers: vec![
                tus,
                ("Upload-Offset", from.to_string()),
                ("Content-Type", "application/offset+octet-stream".to_owned()),
            ],
            body: Body::Blob {
                digest: job.digest,
                from: *from,
                len: *len,
            },
        },
    }
}

/// tus metadata: key, space, base64 of the value.
fn metadata(job: &BlobJob) -> String {
    let sha256 = base64(job.digest.to_hex().as_bytes());
    let scope = base64(job.scope.to_string().as_bytes());
    format!("sha256 {sha256},scope {scope}")
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let padded = three.iter().chain(&[0, 0]).take(3);
        let bits = padded.fold(0_u32, |all, byte| (all << 8) | u32::from(*byte));
        for place in 0..4 {
            let six = usize::try_from((bits >> (18 - 6 * place)) & 63).unwrap_or(0);
            let letter = BASE64.get(six).filter(|_| place <= three.len());
            text.push(letter.map_or('=', |byte| char::from(*byte)));
        }
    }
    text
}

#[cfg(test)]
mod base64_tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
