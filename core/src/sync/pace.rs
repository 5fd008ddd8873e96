//! How much at once and how long to wait: sizes by link, measured goodput, full jitter.

use super::event::{Link, LinkClass};
use crate::chain::MAX_RUN_BYTES;

const KIB: u64 = 1024;
const BASE_WAIT_MS: u64 = 2_000;
const MAX_WAIT_MS: u64 = 15 * 60 * 1_000;
/// A hub that is away for longer says so again.
const MAX_RETRY_AFTER_MS: u64 = 60 * 60 * 1_000;
const MIN_PIECE: u64 = 32 * KIB;
const MAX_PIECE: u64 = 2_048 * KIB;
const PIECE_MS: u64 = 25_000;
/// Smallest batch that a hub's refusals lead to.
pub(super) const MIN_BATCH: u64 = 2 * KIB;
/// And that a bad link leads to.
const MIN_ADAPTED: u64 = 8 * KIB;
const MAX_BATCH: u64 = 512 * KIB;
const BATCH_MS: u64 = 10_000;
const COMPRESSION: u64 = 4;
const MIN_MEASURE: u64 = 4 * KIB;

/// A small deterministic generator (splitmix64); good enough to spread retries, for nothing else.
#[derive(Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `limit`.
    fn up_to(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        limit.checked_add(1).map_or(mixed, |span| mixed % span)
    }
}

/// Full jitter: anything from nothing to a ceiling that doubles with each failure.
pub(super) fn plan_wait_ms(failures: u32, jitter: &mut Jitter) -> u64 {
    let ceiling = (BASE_WAIT_MS << failures.min(20)).min(MAX_WAIT_MS);
    jitter.up_to(ceiling)
}

/// What `Retry-After` asks for: seconds, or a date. The engine has no wall clock, so a date is
/// measured from the answer's own.
pub(super) fn retry_after_ms(value: Option<&str>, date: Option<&str>) -> u64 {
    let Some(text) = value.map(str::trim) else {
        return 0;
    };
    let seconds = text.parse::<u64>().ok().or_else(|| {
        let (then, now) = (http_date(text)?, http_date(date?)?);
        u64::try_from(then.saturating_sub(now)).ok()
    });
    seconds
        .unwrap_or(0)
        .saturating_mul(1_000)
        .min(MAX_RETRY_AFTER_MS)
}

/// Seconds since 1970 of an HTTP date.
fn http_date(text: &str) -> Option<i64> {
    let parsed = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(parsed.timestamp().as_second())
}

/// Retries that brought nothing may be a tenth of all requests; beyond that they come seldom.
#[derive(Debug)]
pub(super) struct Budget {
    /// In tenths of a retry.
    left: u32,
}

impl Budget {
    const FULL: u32 = 100;
    const RETRY: u32 = 10;
    const SPENT_WAIT_MS: u64 = 60_000;

    pub(super) const fn new() -> Self {
        Self { left: Self::FULL }
    }

    pub(super) fn note_request(&mut self) {
        self.left = (self.left + 1).min(Self::FULL);
    }

    /// Something was acknowledged: what it took was worth it.
    pub(super) fn refill(&mut self) {
        self.left = Self::FULL;
    }

    /// One retry; how long it must wait at least.
    pub(super) fn spend(&mut self) -> u64 {
        match self.left.checked_sub(Self::RETRY) {
            Some(left) => {
                self.left = left;
                0
            }
            None => Self::SPENT_WAIT_MS,
        }
    }
}

fn class(link: Link) -> LinkClass {
    match link {
        Link::Up { class, .. } => class,
        Link::Down => LinkClass::Gprs,
    }
}

/// Bytes of one batch or page before compression, which takes three quarters off.
#[derive(Debug)]
pub(super) struct Batch(u64);

impl Batch {
    /// A first guess.
    pub(super) fn guess(link: Link) -> Self {
        Self(match class(link) {
            LinkClass::Gprs => 32 * KIB,
            LinkClass::Edge => 64 * KIB,
            LinkClass::Cell => 256 * KIB,
            LinkClass::Wifi => MAX_BATCH,
        })
    }

    pub(super) const fn len_bytes(&self) -> u64 {
        self.0
    }

    /// After bodies of so many bytes went through: what should take about ten seconds, half way
    /// at a time. Short ones measure the way's delay and not its width.
    pub(super) fn measured(&mut self, bytes: u64, took_ms: u64) {
        if bytes < MIN_MEASURE {
            return;
        }
        let wanted = bytes.saturating_mul(BATCH_MS * COMPRESSION) / took_ms.max(1);
        let wanted = wanted.clamp(MIN_ADAPTED, MAX_BATCH);
        self.0 = u64::midpoint(self.0, wanted);
    }

    /// After a cut.
    pub(super) fn halve(&mut self) {
        self.0 = (self.0 / 2).max(MIN_ADAPTED);
    }
}

/// Bytes of one run in long form: the receiver takes it whole, and nothing is lost by a long one,
/// because a request is taken whole as well.
pub(super) const fn run_bytes() -> u64 {
    MAX_RUN_BYTES as u64
}

/// How long a request may stand still.
pub(super) fn no_progress_ms(link: Link) -> u64 {
    match class(link) {
        LinkClass::Gprs | LinkClass::Edge => 60_000,
        LinkClass::Cell | LinkClass::Wifi => 20_000,
    }
}

/// The piece of a blob that goes into one PATCH.
#[derive(Debug)]
pub(super) struct Piece(u64);

impl Piece {
    /// A first guess.
    pub(super) fn guess(link: Link) -> Self {
        Self(match class(link) {
            LinkClass::Gprs => MIN_PIECE,
            LinkClass::Edge => 128 * KIB,
            LinkClass::Cell => 512 * KIB,
            LinkClass::Wifi => MAX_PIECE,
        })
    }

    pub(super) const fn len_bytes(&self) -> u64 {
        self.0
    }

    /// After `bytes` went through in `took_ms`: what should take about 25 s, half way at a time.
    pub(super) fn measured(&mut self, bytes: u64, took_ms: u64) {
        let wanted = bytes.saturating_mul(PIECE_MS) / took_ms.max(1);
        let wanted = wanted.clamp(MIN_PIECE, MAX_PIECE);
        self.0 = u64::midpoint(self.0, wanted);
    }

    /// After a cut or a refusal.
    pub(super) fn halve(&mut self) {
        self.0 = (self.0 / 2).max(MIN_PIECE);
    }
}
