//! Requests on their way: sent by a phone, carried by its line, answered by the hub.

use lossbook_core::sync::{Body, Event, Failure, Request, RequestId};

use super::hub::{Arrives, Reply};
use super::link::Middle;
use super::world::{Happening, World};
use crate::kill::chance::Chance;

/// Request line and headers, nearly.
const HEAD_BYTES: u64 = 250;

/// What a phone hears of its request.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Answer(Reply),
    Failed(Failure, u64),
}

/// One request between phone and hub.
pub(super) struct Flight {
    phone: usize,
    life: u64,
    request: Request,
    body: Vec<u8>,
    arrives: Arrives,
    /// Whether the phone still waits for an answer.
    pub(super) heard: bool,
    /// When its last byte leaves the phone, and how many have by then.
    leaves: (u64, u64),
    /// How many more times it may arrive.
    copies: u8,
}

impl Flight {
    pub(super) const fn is_of(&self, phone: usize, life: u64) -> bool {
        self.phone == phone && self.life == life
    }

    pub(super) const fn rid(&self) -> RequestId {
        self.request.rid
    }
}

impl World {
    /// A phone sends a request.
    pub(super) fn send(&mut self, phone: usize, request: &Request) {
        self.count("requests");
        let now = self.now();
        let id = self.next_flight;
        self.next_flight += 1;
        let body = self.body_of(phone, request);
        let readable = body.is_some();
        let mut flight = Flight {
            phone,
            life: self.phones[phone].life,
            request: request.clone(),
            body: body.unwrap_or_default(),
            arrives: Arrives::Whole,
            heard: true,
            leaves: (now, 0),
            copies: 1,
        };
        let line = &mut self.phones[phone].line;
        if !line.up || !readable {
            let why = if readable {
                Failure::NoNetwork
            } else {
                Failure::Cut
            };
            self.flights.insert(id, flight);
            let outcome = Outcome::Failed(why, 0);
            return self.plan(
                now + 1,
                Happening::Hear {
                    flight: id,
                    outcome,
                },
            );
        }
        let upload = line.upload(now, HEAD_BYTES + flight.body.len() as u64);
        let middle = line.middle;
        let left = upload.left.saturating_sub(HEAD_BYTES);
        flight.leaves = (upload.ends, left);
        self.watch.note_sent(request, left);
        self.flights.insert(id, flight);
        match upload.cut {
            None => self.pass_on(id, (middle, upload.ends), request.no_progress_ms),
            Some((at, arrived)) => self.break_off(id, (middle, left), (at, arrived)),
        }
    }

    fn body_of(&self, phone: usize, request: &Request) -> Option<Vec<u8>> {
        match &request.body {
            Body::Empty => Some(Vec::new()),
            Body::Mem(bytes) => Some(bytes.clone()),
            Body::Blob { digest, from, len } => {
                let device = self.phones[phone].device();
                device.blob_range(digest, *from, *len).ok()
            }
        }
    }

    /// The connection broke while the request went up: what had arrived is the hub's.
    fn break_off(&mut self, id: u64, (middle, left): (Middle, u64), (at, arrived): (u64, u64)) {
        let part = arrived.saturating_sub(HEAD_BYTES);
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.arrives = Arrives::Part(usize::try_from(part).expect("small"));
        }
        let passes = middle != Middle::Buffering && middle != Middle::CaptivePortal;
        if arrived > HEAD_BYTES && passes {
            let again = false;
            self.plan(at, Happening::Arrive { flight: id, again });
        }
        let outcome = Outcome::Failed(Failure::Cut, left);
        self.plan(
            at,
            Happening::Hear {
                flight: id,
                outcome,
            },
        );
    }

    /// A whole request has left: what stands in the way may do something with it.
    fn pass_on(&mut self, id: u64, (middle, ends): (Middle, u64), no_progress_ms: u64) {
        let now = self.now();
        let arrive = |again| Happening::Arrive { flight: id, again };
        let phone = self.flights[&id].phone;
        match middle {
            Middle::CaptivePortal => {
                let outcome = Outcome::Answer(portal(self.phones[phone].line.below(2) == 0));
                self.plan(
                    ends,
                    Happening::Hear {
                        flight: id,
                        outcome,
                    },
                );
            }
            Middle::HalfOpen => {
                self.count("half-open requests");
                let line = &mut self.phones[phone].line;
                if line.below(2) == 0 {
                    let late = line.below(3 * 60_000);
                    self.plan(ends + late, arrive(false));
                }
                let outcome = Outcome::Failed(Failure::Timeout, 0);
                self.plan(
                    now + no_progress_ms,
                    Happening::Hear {
                        flight: id,
                        outcome,
                    },
                );
            }
            Middle::Duplicating => {
                self.plan(ends, arrive(false));
                let line = &mut self.phones[phone].line;
                if line.below(2) == 0 {
                    let late = line.below(2 * 60_000);
                    self.plan(ends + late, arrive(true));
                    if let Some(flight) = self.flights.get_mut(&id) {
                        flight.copies = 2;
                    }
                }
            }
            Middle::Buffering => {
                let held = self.phones[phone].line.below(2_000);
                self.plan(ends + held, arrive(false));
            }
            Middle::Open | Middle::Truncating | Middle::LosingAnswers => {
                self.plan(ends, arrive(false));
            }
        }
    }

    /// A request reaches the hub.
    pub(super) fn arrive(&mut self, id: u64, again: bool) {
        let Some(flight) = self.flights.get_mut(&id) else {
            return;
        };
        let (phone, arrives) = (flight.phone, flight.arrives);
        let request = flight.request.clone();
        let waits = flight.heard && !again && arrives == Arrives::Whole;
        flight.copies = flight.copies.saturating_sub(1);
        let body = if flight.copies > 0 {
            flight.body.clone()
        } else {
            std::mem::take(&mut flight.body)
        };
        let reply = self.hub().ask(&request, &body, arrives);
        self.count(if again {
            "late duplicates"
        } else {
            "requests at the hub"
        });
        let code = u64::from(reply.status);
        assert_ne!(
            reply.status,
            500,
            "500: the hub failed at {} {}",
            request.method.as_str(),
            request.path
        );
        self.stepped(
            "hub",
            (phone as u64) << 48 | code << 32 | reply.body.len() as u64,
        );
        self.check_feed();
        if waits {
            self.answer(id, phone, reply);
        }
    }

    /// The hub's answer goes down to a phone that waits for it.
    fn answer(&mut self, id: u64, phone: usize, mut reply: Reply) {
        let now = self.now();
        let line = &mut self.phones[phone].line;
        if !line.up {
            return;
        }
        if line.middle == Middle::Truncating && line.below(2) == 0 {
            let keep = line.below(reply.body.len() as u64 + 1);
            reply.body.truncate(usize::try_from(keep).expect("small"));
        }
        let (at, outcome) = match line.download(now, reply.len_bytes()) {
            Ok(at) => (at, Outcome::Answer(reply)),
            Err(at) => {
                self.count("lost answers");
                (at, Outcome::Failed(Failure::Cut, 0))
            }
        };
        self.plan(
            at,
            Happening::Hear {
                flight: id,
                outcome,
            },
        );
    }

    /// A phone hears what became of its request, unless it died or gave up.
    pub(super) fn hear(&mut self, id: u64, outcome: Outcome) {
        let Some(flight) = self.flights.get(&id) else {
            return;
        };
        let (phone, rid) = (flight.phone, flight.rid());
        let alive = flight.heard && flight.is_of(phone, self.phones[phone].life);
        if !alive {
            return;
        }
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.heard = false;
        }
        self.feed(
            phone,
            match outcome {
                Outcome::Answer(reply) => Event::HttpDone {
                    rid,
                    status: reply.status,
                    headers: reply.headers,
                    body: reply.body,
                },
                Outcome::Failed(why, sent) => Event::HttpFail { rid, why, sent },
            },
        );
    }

    /// The interface of a phone changed: what is on its way breaks off.
    pub(super) fn break_flights(&mut self, phone: usize) {
        let (now, life) = (self.now(), self.phones[phone].life);
        self.phones[phone].line.reset();
        let mut broken = Vec::new();
        for (id, flight) in &mut self.flights {
            if flight.is_of(phone, life) && flight.heard {
                if now < flight.leaves.0 {
                    // Its end never left; the beginning arrives when the whole would have.
                    flight.arrives = Arrives::Part(flight.body.len() / 2);
                }
                broken.push(*id);
            }
        }
        for flight in broken {
            let outcome = Outcome::Failed(Failure::Cut, 0);
            self.plan(now, Happening::Hear { flight, outcome });
        }
    }

    /// The next exchange that the hub answers with an acknowledgement is not heard.
    pub(super) fn lose_next_answer(&mut self, phone: usize) {
        self.feed(phone, Event::Start);
        let exchanges = |flight: &Flight| flight.heard && flight.request.path == "/v1/sync";
        while !self.flights.values().any(exchanges) {
            assert!(self.advance(), "an exchange begins");
        }
        for flight in self.flights.values_mut() {
            flight.heard = false;
        }
        while self.next_at().is_some() && self.advance() {}
        self.kill(phone);
        while self.next_at().is_some() && self.phones[phone].process.is_none() && self.advance() {}
    }

    /// Breaks the connection while a piece of a photo is on its way; false if none is.
    pub(super) fn cut_piece(&mut self, phone: usize, chance: &mut Chance) -> bool {
        let now = self.now();
        let found = self.flights.iter_mut().find(|(_, flight)| {
            let is_piece = matches!(flight.request.body, Body::Blob { .. });
            flight.heard && is_piece && flight.phone == phone && now < flight.leaves.0
        });
        let Some((id, flight)) = found else {
            return false;
        };
        let id = *id;
        let part = chance.below(flight.body.len() as u64);
        flight.arrives = Arrives::Part(usize::try_from(part).expect("small"));
        self.phones[phone].line.reset();
        let outcome = Outcome::Failed(Failure::Cut, part);
        self.plan(
            now,
            Happening::Hear {
                flight: id,
                outcome,
            },
        );
        true
    }

    /// Forgets requests that nothing will happen to any more.
    pub(super) fn forget_flights(&mut self) {
        self.flights.retain(|_, flight| flight.heard);
    }
}

/// What a captive portal says to everything.
fn portal(redirects: bool) -> Reply {
    let page = b"<html><body>Please log in to use this network.</body></html>".to_vec();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Reply {
        status: if redirects { 302 } else { 200 },
        headers: vec![
            header("content-type", "text/html"),
            header("location", "http://login.example/"),
        ],
        body: page,
    }
}
