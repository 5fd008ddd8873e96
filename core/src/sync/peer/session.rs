//! One meeting of two phones: greeting, proof, then everything both ways at once.

use zeroize::Zeroizing;

use super::channel::{Channel, Heard};
use super::{MAX_ASKED, PeerError, PeerFrame, PeerSide, Piece, WINDOW};
use crate::chain::{Run, SignedCertificate};
use crate::domain::DeviceId;

/// Which side speaks first in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Opened the connection.
    Asks,
    /// Took it.
    Answers,
}

/// Who this side is.
pub struct PeerMe {
    /// Its hub.
    pub hub: DeviceId,
    /// Its X25519 secret, whose public half its certificate names.
    pub secret: Zeroizing<[u8; 32]>,
    /// The hub's word for it.
    pub certificate: SignedCertificate,
    /// Fresh randomness from the host, for this session only.
    pub seed: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for PeerMe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PeerMe(hub {})", self.hub)
    }
}

/// What happens to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerEvent<'b> {
    /// The line is open.
    Start,
    /// The other side sent this.
    Bytes(&'b [u8]),
    /// Everything given out before was written: more may follow.
    Written,
}

/// What a step leads to.
#[derive(Debug, Default)]
pub struct PeerStep {
    /// Bytes for the other side; write them even if the session ends with this step.
    pub send: Vec<u8>,
    /// The session ended, well or not.
    pub end: Option<Result<(), PeerError>>,
}

/// Figures of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerProgress {
    /// Who the other side is, once it proved it.
    pub with: Option<(DeviceId, String)>,
    /// Runs given, as far as the other side stored them or will.
    pub runs_given: u64,
    /// Runs taken.
    pub runs_taken: u64,
    /// Chunks of blobs given.
    pub chunks_given: u64,
    /// Chunks taken.
    pub chunks_taken: u64,
    /// Chunks that are not what they say.
    pub chunks_bad: u64,
    /// Chunks this side still waits for, as asked.
    pub chunks_wanted: u64,
}

/// How far this side is with giving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Giving {
    /// Waits to hear what the other side holds.
    Hello,
    Runs,
    /// Waits to hear which blobs are wanted.
    Wants,
    Extents,
    Finished,
}

/// How far this side is with taking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taking {
    Runs,
    Extents,
    Finished,
}

/// A meeting of two phones, as one of them sees it.
pub struct PeerSession {
    role: Role,
    channel: Channel,
    giving: Giving,
    taking: Taking,
    /// Pieces that the other side has not stored yet.
    on_their_way: u32,
    progress: PeerProgress,
    ended: bool,
}

impl std::fmt::Debug for PeerSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PeerSession({:?}, {:?}, {:?})",
            self.role, self.giving, self.taking
        )
    }
}

impl PeerSession {
    /// A session that waits for its start.
    pub const fn new(role: Role, me: PeerMe) -> Self {
        Self {
            role,
            channel: Channel::new(role, me),
            giving: Giving::Hello,
            taking: Taking::Runs,
            on_their_way: 0,
            progress: PeerProgress {
                with: None,
                runs_given: 0,
                runs_taken: 0,
                chunks_given: 0,
                chunks_taken: 0,
                chunks_bad: 0,
                chunks_wanted: 0,
            },
            ended: false,
        }
    }

    /// Takes one event in. Every event is legal at every time; after the end nothing happens.
    pub fn step(&mut self, side: &mut dyn PeerSide, event: PeerEvent<'_>) -> PeerStep {
        let mut step = PeerStep::default();
        if self.ended {
            return step;
        }
        let done = match event {
            PeerEvent::Start => {
                step.send = self.channel.greeting();
                Ok(())
            }
            PeerEvent::Bytes(bytes) => self.hear(side, bytes, &mut step.send),
            PeerEvent::Written => self.give(side, &mut step.send),
        };
        if let Err(error) = done {
            self.refuse(&error, &mut step.send);
            self.ended = true;
            step.end = Some(Err(error));
        } else if self.is_done() {
            self.ended = true;
            step.end = Some(Ok(()));
        }
        step
    }

    /// The figures so far.
    pub const fn progress(&self) -> &PeerProgress {
        &self.progress
    }

    fn is_done(&self) -> bool {
        self.giving == Giving::Finished && self.taking == Taking::Finished && self.on_their_way == 0
    }

    /// Tells the other side why, if it can still be told.
    fn refuse(&mut self, error: &PeerError, out: &mut Vec<u8>) {
        let code = error.code();
        let is_theirs = matches!(error, PeerError::Refused { .. });
        if self.channel.is_open() && !is_theirs {
            // A refusal that cannot be said is a silence, which ends the session as well.
            let words = error.to_string();
            let frame = PeerFrame::Refuse(code.to_owned(), words);
            let _said = self.channel.say(&frame, out);
        }
    }

    fn hear(
        &mut self,
        side: &mut dyn PeerSide,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), PeerError> {
        let mut runs = Vec::new();
        for heard in self.channel.hear(bytes, out)? {
            match heard {
                Heard::Certificate(signed, key) => self.admit(side, (&signed, &key), out)?,
                Heard::Frame(frame) => {
                    if let PeerFrame::Run(run) = *frame {
                        self.expect(self.taking == Taking::Runs)?;
                        runs.push(run);
                        continue;
                    }
                    self.store_runs(side, &mut runs, out)?;
                    self.take(side, *frame, out)?;
                }
            }
        }
        self.store_runs(side, &mut runs, out)
    }

    /// The other side's proof. The asking side shows its own only now.
    fn admit(
        &mut self,
        side: &mut dyn PeerSide,
        (signed, key): (&SignedCertificate, &[u8; 32]),
        out: &mut Vec<u8>,
    ) -> Result<(), PeerError> {
        let known = side.admit(signed, key)?;
        self.progress.with = Some((known.device, known.user));
        if self.role == Role::Asks {
            self.channel.show(out)?;
        }
        self.channel.say(&PeerFrame::Hello(side.marks()?), out)
    }

    fn expect(&self, holds: bool) -> Result<(), PeerError> {
        if holds && self.progress.with.is_some() {
            Ok(())
        } else {
            Err(PeerError::Malformed)
        }
    }

    fn store_runs(
        &mut self,
        side: &mut dyn PeerSide,
        runs: &mut Vec<Run>,
        out: &mut Vec<u8>,
    ) -> Result<(), PeerError> {
        if runs.is_empty() {
            return Ok(());
        }
        side.take_runs(runs)?;
        self.progress.runs_taken += runs.len() as u64;
        let stored = u32::try_from(runs.len()).unwrap_or(u32::MAX);
        runs.clear();
        self.channel.say(&PeerFrame::Stored(stored), out)
    }

    fn take(
        &mut self,
        side: &mut dyn PeerSide,
        frame: PeerFrame,
        out: &mut Vec<u8>,
    ) -> Result<(), PeerError> {
        match frame {
            PeerFrame::Hello(marks) => {
                self.expect(self.giving == Giving::Hello)?;
                side.meet(&marks)?;
                self.giving = Giving::Runs;
            }
            PeerFrame::Certificate(signed) => {
                self.expect(self.taking == Taking::Runs)?;
                side.take_certificate(&signed)?;
            }
            // Collected before they come here.
            PeerFrame::Run(_) => return Err(PeerError::Malformed),
            PeerFrame::RunsEnd => {
                self.expect(self.taking == Taking::Runs)?;
                self.ask(side, out)?;
            }
            PeerFrame::Wants(wants) => {
                self.expect(self.giving == Giving::Wants && wants.len() <= MAX_ASKED)?;
                if wants.is_empty() {
                    self.giving = Giving::Finished;
                } else {
                    side.serve(wants)?;
                    self.giving = Giving::Extents;
                }
            }
            PeerFrame::Extent(extent) => {
                self.expect(self.taking == Taking::Extents)?;
                if extent.is_proven() {
                    side.take_extent(&extent)?;
                    self.progress.chunks_taken += 1;
                } else {
                    self.progress.chunks_bad += 1;
                }
                self.channel.say(&PeerFrame::Stored(1), out)?;
            }
            PeerFrame::ExtentsEnd => {
                self.expect(self.taking == Taking::Extents)?;
                self.ask(side, out)?;
            }
            PeerFrame::Stored(count) => {
                self.on_their_way = self.on_their_way.saturating_sub(count);
            }
            PeerFrame::Refuse(code, detail) => {
                let short = |text: String| {
                    text.chars()
                        .filter(|one| !one.is_control())
                        .take(200)
                        .collect()
                };
                return Err(PeerError::Refused {
                    code: short(code),
                    detail: short(detail),
                });
            }
        }
        Ok(())
    }

    /// Asks for blobs, or says that nothing more is wanted.
    fn ask(&mut self, side: &mut dyn PeerSide, out: &mut Vec<u8>) -> Result<(), PeerError> {
        let mut wants = side.wants()?;
        wants.truncate(MAX_ASKED);
        self.taking = if wants.is_empty() {
            Taking::Finished
        } else {
            Taking::Extents
        };
        let chunks = |want: &super::Want| {
            super::super::bundle::chunk_count(want.len_bytes).saturating_sub(want.have.len() as u64)
        };
        self.progress.chunks_wanted = wants.iter().map(chunks).sum();
        self.channel.say(&PeerFrame::Wants(wants), out)
    }

    /// The next piece, if the other side has room for it.
    fn give(&mut self, side: &mut dyn PeerSide, out: &mut Vec<u8>) -> Result<(), PeerError> {
        if self.on_their_way >= WINDOW {
            return Ok(());
        }
        match self.giving {
            Giving::Runs => match side.next_piece()? {
                Some(Piece::Certificate(signed)) => {
                    self.channel.say(&PeerFrame::Certificate(signed), out)
                }
                Some(Piece::Run(run)) => {
                    self.on_their_way += 1;
                    self.progress.runs_given += 1;
                    self.channel.say(&PeerFrame::Run(run), out)
                }
                None => {
                    self.giving = Giving::Wants;
                    self.channel.say(&PeerFrame::RunsEnd, out)
                }
            },
            Giving::Extents => match side.next_extent()? {
                Some(extent) => {
                    self.on_their_way += 1;
                    self.progress.chunks_given += 1;
                    self.channel.say(&PeerFrame::Extent(extent), out)
                }
                None => {
                    self.giving = Giving::Wants;
                    self.channel.say(&PeerFrame::ExtentsEnd, out)
                }
            },
            Giving::Hello | Giving::Wants | Giving::Finished => Ok(()),
        }
    }
}
