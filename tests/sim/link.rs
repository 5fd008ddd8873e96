//! The way between a phone and the hub: how long bytes take, and what becomes of them on the way.
//!
//! Pure but for its own dice. Times are those of the world's clock. A connection costs one round
//! trip for TCP and one for TLS 1.3, and is used until it breaks.

use lossbook_core::sync::LinkClass;

use crate::kill::chance::Chance;

/// What kind of network it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) class: LinkClass,
    pub(super) metered: bool,
    up_bps: u64,
    down_bps: u64,
    rtt_ms: u64,
    lost_per_mille: u64,
    /// Every connection is reset when it is so old.
    pub(super) reset_after_ms: Option<u64>,
}

const fn profile(class: LinkClass, bps: u64, rtt_ms: u64, lost_per_mille: u64) -> Profile {
    Profile {
        class,
        metered: !matches!(class, LinkClass::Wifi),
        up_bps: bps,
        down_bps: bps,
        rtt_ms,
        lost_per_mille,
        reset_after_ms: None,
    }
}

impl Profile {
    pub(super) const GPRS: Self = profile(LinkClass::Gprs, 20_000, 900, 50);
    pub(super) const EDGE: Self = profile(LinkClass::Edge, 60_000, 400, 5);
    pub(super) const THIRD: Self = profile(LinkClass::Cell, 1_000_000, 150, 2);
    pub(super) const WIFI: Self = profile(LinkClass::Wifi, 20_000_000, 20, 0);
    pub(super) const ALL: [Self; 4] = [Self::GPRS, Self::EDGE, Self::THIRD, Self::WIFI];

    pub(super) const fn reset_after(self, ms: u64) -> Self {
        Self {
            reset_after_ms: Some(ms),
            ..self
        }
    }

    /// Without chance losses: for measurements.
    pub(super) const fn lossless(self) -> Self {
        Self {
            lost_per_mille: 0,
            ..self
        }
    }

    /// Bytes that could go up in so long.
    pub(super) const fn capacity(self, ms: u64) -> u64 {
        self.up_bps * ms / 8_000
    }
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Middle {
    /// Nothing.
    Open,
    /// Answers everything itself: a page to log in, or a redirection to it.
    CaptivePortal,
    /// Cuts off the ends of answers.
    Truncating,
    /// Passes requests on whole or not at all.
    Buffering,
    /// Delivers some requests again, much later.
    Duplicating,
    /// The connection is dead and nobody notices; what was sent may arrive very late.
    HalfOpen,
    /// Answers get lost more often than not.
    LosingAnswers,
}

impl Middle {
    pub(super) const ALL: [Self; 7] = [
        Self::Open,
        Self::CaptivePortal,
        Self::Truncating,
        Self::Buffering,
        Self::Duplicating,
        Self::HalfOpen,
        Self::LosingAnswers,
    ];
}

/// One request on its way up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Upload {
    /// When its first byte leaves.
    pub(super) starts: u64,
    /// When the hub has it, or sees the connection break.
    pub(super) ends: u64,
    /// If the connection breaks: when the phone sees it, and how many bytes arrived.
    pub(super) cut: Option<(u64, u64)>,
    /// How many bytes left the phone.
    pub(super) left: u64,
}

/// One phone's way to the hub.
pub(super) struct Line {
    pub(super) profile: Profile,
    pub(super) middle: Middle,
    pub(super) up: bool,
    /// Until when the open connection lives; nothing if none is open.
    connection: Option<u64>,
    chance: Chance,
}

impl Line {
    pub(super) fn new(profile: Profile, chance: Chance) -> Self {
        Self {
            profile,
            middle: Middle::Open,
            up: true,
            connection: None,
            chance,
        }
    }

    /// The interface changed: no connection survives that.
    pub(super) fn reset(&mut self) {
        self.connection = None;
    }

    /// One of `many`, from the line's own dice.
    pub(super) fn below(&mut self, many: u64) -> u64 {
        self.chance.below(many)
    }

    fn connect(&mut self, now: u64) -> u64 {
        if self.connection.is_some_and(|until| now < until) {
            return now;
        }
        let life = self.profile.reset_after_ms.unwrap_or(u64::MAX / 4);
        self.connection = Some(now + life);
        now + 2 * self.profile.rtt_ms
    }

    fn until(&self) -> u64 {
        self.connection.unwrap_or(0)
    }

    /// How long so many bytes take, lost packets sent again.
    fn takes_ms(&mut self, bytes: u64, bps: u64) -> u64 {
        let mut ms = bytes * 8_000 / bps;
        for _ in 0..bytes.div_ceil(1_400).min(200) {
            if self.chance.below(1_000) < self.profile.lost_per_mille {
                ms += self.profile.rtt_ms * 3 / 2;
            }
        }
        ms
    }

    /// Sends a request of so many bytes.
    pub(super) fn upload(&mut self, now: u64, bytes: u64) -> Upload {
        let starts = self.connect(now);
        let half = self.profile.rtt_ms / 2;
        let sent = starts + self.takes_ms(bytes, self.profile.up_bps);
        let (until, ends) = (self.until(), sent + half);
        if until >= ends {
            return Upload {
                starts,
                ends,
                cut: None,
                left: bytes,
            };
        }
        // What left within the last half round trip never arrived.
        let by = |end: u64| {
            let span = (sent - starts).max(1);
            bytes * end.saturating_sub(starts).min(span) / span
        };
        self.connection = None;
        Upload {
            starts,
            ends: until,
            cut: Some((until, by(until.saturating_sub(half)))),
            left: by(until),
        }
    }

    /// Sends an answer of so many bytes: when it is there, or when the phone sees that it broke.
    pub(super) fn download(&mut self, now: u64, bytes: u64) -> Result<u64, u64> {
        let ends = now + self.takes_ms(bytes, self.profile.down_bps) + self.profile.rtt_ms / 2;
        let until = self.until();
        let lost = self.middle == Middle::LosingAnswers && self.chance.below(3) > 0;
        if until < ends || lost {
            self.connection = None;
            return Err(until.clamp(now, ends));
        }
        Ok(ends)
    }
}
