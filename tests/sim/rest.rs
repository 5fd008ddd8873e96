//! The end of a world: faults stop, everything comes to rest, and everybody agrees.

use lossbook_core::store::StoreError;
use lossbook_core::sync::{Block, Event, StateName};

use super::link::{Middle, Profile};
use super::replica;
use super::watch::outside;
use super::world::World;

/// So many synchronisations of each phone are enough.
const EXCHANGES: u32 = 5;
/// Virtual time in which a synchronisation comes to rest without faults.
const REST_MS: u64 = 2 * 60 * 60 * 1_000;

impl World {
    /// INV9: without faults, all agree within five exchanges. Gives how many it took.
    pub(super) fn come_to_rest(&mut self) -> u32 {
        self.end_faults();
        let mut why = String::new();
        for exchange in 1..=EXCHANGES {
            for phone in self.speakers() {
                self.feed(phone, Event::Start);
            }
            self.settle();
            match self.disagreement() {
                None => {
                    self.check_at_rest();
                    return exchange;
                }
                Some(found) => why = found,
            }
        }
        assert!(
            self.forks,
            "INV9: no agreement after {EXCHANGES} exchanges: {why}"
        );
        self.count("worlds that forked");
        self.check_all();
        EXCHANGES
    }

    fn end_faults(&mut self) {
        self.calm = true;
        for phone in 0..self.phones.len() {
            self.phones[phone].doom = None;
            self.phones[phone].is_old = false;
            self.phones[phone].host.set_skew(0);
            let full = self.phones[phone].disk_full;
            self.phones[phone].free_disk();
            if full {
                self.phones[phone].die();
            }
            if self.phones[phone].process.is_none() && !self.phones[phone].is_retired {
                self.phones[phone].start();
                self.check_saved(phone);
            }
            self.change_line(phone, |line| {
                line.profile = Profile::WIFI;
                line.middle = Middle::Open;
                line.up = true;
            });
        }
        // What is still on its way, late duplicates among it, arrives.
        let until = self.now() + 10 * 60_000;
        while self.next_at().is_some_and(|at| at <= until) && self.advance() {}
    }

    /// Lets time pass until nobody has anything to do.
    fn settle(&mut self) {
        let until = self.now() + REST_MS;
        loop {
            let resting = self.speakers().iter().all(|phone| self.rests(*phone));
            if resting && self.next_at().is_none() {
                return;
            }
            let late = self.next_at().is_none_or(|at| at > until);
            if late {
                assert!(resting, "INV9: no rest within two hours: {}", self.states());
                return;
            }
            self.advance();
        }
    }

    fn states(&self) -> String {
        let state = |phone: &usize| {
            let phone = &self.phones[*phone];
            format!(
                "{} {:?} {:?}",
                phone.part.name,
                phone.state(),
                phone.troubles
            )
        };
        self.speakers()
            .iter()
            .map(state)
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Why not everybody agrees yet.
    fn disagreement(&self) -> Option<String> {
        let hub = self.view().transact(replica::streams).expect("streams");
        let hostile = self.phones.iter().any(|phone| phone.hostile);
        for phone in self.speakers() {
            let phone = &self.phones[phone];
            let name = phone.part.name;
            if phone.state() != StateName::Idle {
                return Some(format!(
                    "{name} is {:?}: {:?}",
                    phone.state(),
                    phone.troubles
                ));
            }
            let store = phone.device().store();
            let left = store.transact(|tx| {
                let mut waiting = 0;
                for own in tx.own_streams(None)? {
                    waiting += own.seq - own.confirmed.min(own.acked).min(own.seq);
                }
                let (blobs, _) = tx.unsent_blobs()?;
                let unconfirmed: i64 = tx.sql().query_row(
                    "SELECT count(*) FROM blob WHERE own = 1 AND confirmed = 0",
                    [],
                    |row| row.get(0),
                )?;
                Ok::<_, StoreError>((waiting, blobs, unconfirmed))
            });
            let left = left.expect("what waits");
            if left != (0, 0, 0) {
                return Some(format!(
                    "{name} waits with {left:?} (entries, blobs, blobs unconfirmed)"
                ));
            }
            let aside = outside(store, hostile);
            if !aside.is_empty() {
                return Some(format!("{name} keeps outside: {aside:?}"));
            }
            let held = store.transact(replica::streams).expect("streams");
            for (stream, place) in &hub {
                if phone.scopes.contains(&stream.scope) && !held.contains(&(*stream, *place)) {
                    return Some(format!("{name} does not hold {stream:?} up to {}", place.0));
                }
            }
        }
        let aside = outside(self.view(), hostile);
        (!aside.is_empty()).then(|| format!("the hub keeps outside: {aside:?}"))
    }

    /// Nothing that was saved and not lost with a phone is missing anywhere.
    fn check_at_rest(&mut self) {
        self.check_all();
        let (changes, verified) = self
            .view()
            .transact(|tx| {
                let blobs = replica::digests(tx, "SELECT digest FROM hub_blob")?;
                Ok::<_, StoreError>((replica::changes(tx)?, blobs))
            })
            .expect("the hub's rows");
        for phone in self.speakers() {
            self.check_saved(phone);
            let saved = &self.phones[phone].saved;
            let hostile = self.phones.iter().any(|phone| phone.hostile);
            let lost = saved.changes.difference(&changes).count();
            assert!(
                hostile || lost == 0,
                "INV9: {lost} saved changes never reached the hub"
            );
            let lost = saved.files.difference(&verified).count();
            assert_eq!(lost, 0, "INV9: {lost} saved photos never reached the hub");
        }
        for phone in 0..self.phones.len() {
            if self.phones[phone].is_retired {
                continue;
            }
            let state = self.phones[phone].state();
            let told = !self.phones[phone].revoked
                || matches!(
                    state,
                    StateName::Blocked(Block::Revoked | Block::NeedAuth) | StateName::Idle
                );
            assert!(told, "a withdrawn phone stands at {state:?}");
        }
    }
}
