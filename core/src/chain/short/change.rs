//! A change without what the receiver can compute: magic, checksum, length, a past that is the
//! case's newest change, sequence, first operation, time. Its operation columns travel beside
//! those of the other changes.

use std::collections::BTreeMap;

use super::chunk::{Chunk, MOST, Summary, compose, swapped, values_len};
use super::columns::{Key, Reader, Writer};
use super::names::{NameReader, NameWriter};
use crate::domain::{CaseId, Digest};

const FAMILY: Key = Key::of(40);
const PAST: Key = FAMILY.part(0);
const DEP: Key = FAMILY.part(1);
const DEP_NAME: Key = FAMILY.part(2);
const ACTOR: Key = FAMILY.part(3);
const ACTOR_NAME: Key = FAMILY.part(4);
const SEQ: Key = FAMILY.part(5);
const START: Key = FAMILY.part(6);
const TIME: Key = FAMILY.part(7);
const MESSAGE: Key = FAMILY.part(8);
const OTHERS: Key = FAMILY.part(9);
const OTHER: Key = FAMILY.part(10);
const SHAPE: Key = FAMILY.part(11);
const NEW_SHAPE: Key = FAMILY.part(12);
const DATA: Key = FAMILY.part(13);
const VALUES_TOLD: Key = FAMILY.part(14);

/// First bytes of a change that the receiver holds.
pub(super) const HASH_PREFIX: usize = 6;
/// First bytes of an actor of the case that the receiver knows.
pub(super) const ACTOR_PREFIX: usize = 5;
/// The column of the objects that operations write to.
const OBJECTS: u64 = 2;
/// The columns of values: what kind and how long, and their bytes.
const KINDS: u64 = 86;
const VALUES: u64 = 87;

/// Changes that one builds on, with the highest operations of those that were looked up.
type Deps = (Vec<Digest>, BTreeMap<Digest, u64>);
/// A rebuilt body, and what it is for the changes after it.
pub(super) type Rebuilt = (Vec<u8>, Option<Summary>);

/// What chunks are written and read against.
#[derive(Debug)]
pub(super) struct Setting<'s> {
    /// Its case.
    pub(super) case: CaseId,
    /// The newest change of that case in the same stream, if the receiver holds one.
    pub(super) newest: Option<Summary>,
    /// The time that its envelope's clock gives.
    pub(super) time: i64,
    /// What the run brought so far.
    pub(super) brought: &'s BTreeMap<Digest, u64>,
}

/// What a store can say about a case, for changes of other writers.
pub(super) trait Lookup {
    /// The failure of the store.
    type Error;

    /// A change of the case that is held, by its first bytes, with its highest operation.
    fn change(&self, case: CaseId, prefix: &[u8]) -> Result<Option<(Digest, u64)>, Self::Error>;

    /// An actor of the case that is known, by its first bytes.
    fn actor(&self, case: CaseId, prefix: &[u8]) -> Result<Option<[u8; 16]>, Self::Error>;
}

/// Shapes and the actor of the change before.
#[derive(Debug, Default)]
pub(super) struct Memory {
    shapes: Vec<Vec<u64>>,
    actor: Option<[u8; 16]>,
}

/// How a digest or an actor is told.
const HELD: u64 = 1;
const NAMED: u64 = 0;
/// An actor: that of the change before, or one more than the above, or that of the case's newest.
const SAME: u64 = 0;
const NEWEST: u64 = 3;

fn start_after(deps: &[Digest], setting: &Setting<'_>, held: &BTreeMap<Digest, u64>) -> u64 {
    let newest = setting.newest.map(|newest| (newest.hash, newest.max_op));
    let max_op = |dep: &Digest| {
        newest
            .filter(|(hash, _)| hash == dep)
            .map(|(_, max_op)| max_op)
            .or_else(|| setting.brought.get(dep).copied())
            .or_else(|| held.get(dep).copied())
            .unwrap_or(0)
    };
    deps.iter().map(max_op).max().unwrap_or(0).saturating_add(1)
}

fn seq_after(actor: [u8; 16], newest: Option<&Summary>) -> u64 {
    newest
        .filter(|newest| newest.actor == actor)
        .map_or(1, |newest| newest.seq.saturating_add(1))
}

/// As numbers: where a computed number is right, the difference is zero.
fn off(number: u64, computed: u64) -> i64 {
    number.wrapping_sub(computed).cast_signed()
}

impl Memory {
    /// Writes a chunk that was parsed; what it is for those after it.
    pub(super) fn write<L: Lookup>(
        &mut self,
        chunk: &Chunk<'_>,
        (setting, lookup): (&Setting<'_>, &L),
        (columns, names): (&mut Writer, &mut NameWriter),
    ) -> Result<Option<Summary>, L::Error> {
        let (_, hash) = compose(chunk);
        let held = self.write_deps(chunk, (setting, lookup), (columns, names))?;
        self.write_actor(chunk.actor, (setting, lookup), (columns, names))?;
        names.context.actor = Some(chunk.actor);
        let newest = setting.newest.as_ref();
        columns.signed(SEQ, off(chunk.seq, seq_after(chunk.actor, newest)));
        let start = start_after(&chunk.deps, setting, &held);
        columns.signed(START, off(chunk.start_op, start));
        columns.signed(TIME, chunk.time.wrapping_sub(setting.time));
        columns.bytes(MESSAGE, chunk.message);
        columns.number(OTHERS, chunk.others.len() as u64);
        for other in &chunk.others {
            write_known_actor(*other, OTHER, (setting, lookup), (columns, names))?;
        }
        self.write_shape(chunk, columns);
        let mut values = None;
        for (specification, data) in &chunk.columns {
            match *specification {
                VALUES if values == Some(data.len()) => {
                    columns.number(VALUES_TOLD, 0);
                    names.text_of_known_length(columns, DATA.part(VALUES), data);
                }
                VALUES => {
                    columns.number(VALUES_TOLD, 1);
                    names.text(columns, DATA.part(VALUES), data);
                }
                KINDS => {
                    values = values_len(data);
                    names.text(columns, DATA.part(KINDS), data);
                }
                OBJECTS => {
                    let swapped = swapped(data, chunk.start_op);
                    let data = swapped.as_deref().unwrap_or(data);
                    names.text(columns, DATA.part(OBJECTS), data);
                }
                other => names.text(columns, DATA.part(other), data),
            }
        }
        self.actor = Some(chunk.actor);
        Ok(chunk.summary(hash))
    }

    fn write_deps<L: Lookup>(
        &self,
        chunk: &Chunk<'_>,
        (setting, lookup): (&Setting<'_>, &L),
        (columns, names): (&mut Writer, &mut NameWriter),
    ) -> Result<BTreeMap<Digest, u64>, L::Error> {
        let mut held = BTreeMap::new();
        let newest = setting.newest.map(|newest| newest.hash);
        if newest.is_some() && chunk.deps.as_slice() == newest.as_slice() {
            columns.number(PAST, 0);
            return Ok(held);
        }
        columns.number(PAST, 1 + chunk.deps.len() as u64);
        for dep in &chunk.deps {
            let prefix = dep.as_bytes().get(..HASH_PREFIX).unwrap_or_default();
            let found = lookup.change(setting.case, prefix)?;
            match found.filter(|(hash, _)| hash == dep && !setting.brought.contains_key(dep)) {
                Some((hash, max_op)) => {
                    columns.number(DEP, HELD);
                    names.raw(prefix);
                    held.insert(hash, max_op);
                }
                None => {
                    columns.number(DEP, NAMED);
                    names.wide(columns, DEP_NAME, *dep.as_bytes());
                }
            }
        }
        Ok(held)
    }

    fn write_actor<L: Lookup>(
        &self,
        actor: [u8; 16],
        at: (&Setting<'_>, &L),
        (columns, names): (&mut Writer, &mut NameWriter),
    ) -> Result<(), L::Error> {
        if self.actor == Some(actor) {
            columns.number(ACTOR, SAME);
            return Ok(());
        }
        write_known_actor(actor, ACTOR, at, (columns, names))
    }

    fn write_shape(&mut self, chunk: &Chunk<'_>, columns: &mut Writer) {
        let shape: Vec<u64> = chunk.columns.iter().map(|(spec, _)| *spec).collect();
        if let Some(known) = self.shapes.iter().position(|known| *known == shape) {
            return columns.number(SHAPE, 1 + known as u64);
        }
        columns.number(SHAPE, 0);
        columns.number(NEW_SHAPE, shape.len() as u64);
        for specification in &shape {
            columns.number(NEW_SHAPE, *specification);
        }
        self.shapes.push(shape);
    }

    /// Reads a chunk back. `Ok(None)`: it cannot be rebuilt.
    pub(super) fn read<L: Lookup>(
        &mut self,
        (setting, lookup): (&Setting<'_>, &L),
        (columns, names): (&mut Reader<'_>, &mut NameReader<'_>),
        limit: usize,
    ) -> Result<Option<Rebuilt>, L::Error> {
        let Some((deps, held)) = read_deps((setting, lookup), (columns, names))? else {
            return Ok(None);
        };
        let Some(actor) = self.read_actor(ACTOR, (setting, lookup), (columns, names))? else {
            return Ok(None);
        };
        names.context.actor = Some(actor);
        let newest = setting.newest.as_ref();
        let seq = columns
            .signed(SEQ)
            .map(|off| seq_after(actor, newest).wrapping_add_signed(off));
        let start = start_after(&deps, setting, &held);
        let start_op = columns
            .signed(START)
            .map(|off| start.wrapping_add_signed(off));
        let time = columns
            .signed(TIME)
            .map(|off| setting.time.wrapping_add(off));
        let (Some(seq), Some(start_op), Some(time)) = (seq, start_op, time) else {
            return Ok(None);
        };
        let Some(message) = columns.bytes(MESSAGE) else {
            return Ok(None);
        };
        let mut others = Vec::new();
        let count = columns.number(OTHERS).filter(|count| *count <= MOST);
        for _ in 0..count.unwrap_or(0) {
            let other = self.read_actor(OTHER, (setting, lookup), (columns, names))?;
            others.extend(other);
        }
        if count != Some(others.len() as u64) {
            return Ok(None);
        }
        let Some(data) = self.read_data(start_op, (columns, names), limit) else {
            return Ok(None);
        };
        self.actor = Some(actor);
        let chunk = Chunk {
            deps,
            actor,
            seq,
            start_op,
            time,
            message,
            others,
            columns: data
                .iter()
                .map(|(spec, data)| (*spec, data.as_slice()))
                .collect(),
        };
        let (bytes, hash) = compose(&chunk);
        Ok(Some((bytes, chunk.summary(hash))))
    }

    fn read_actor<L: Lookup>(
        &self,
        codes: Key,
        (setting, lookup): (&Setting<'_>, &L),
        (columns, names): (&mut Reader<'_>, &mut NameReader<'_>),
    ) -> Result<Option<[u8; 16]>, L::Error> {
        match columns.number(codes) {
            Some(SAME) => Ok(self.actor),
            Some(NEWEST) => Ok(setting.newest.map(|newest| newest.actor)),
            Some(code) if code == 1 + HELD => {
                let Some(prefix) = names.raw::<ACTOR_PREFIX>() else {
                    return Ok(None);
                };
                let actor = lookup.actor(setting.case, &prefix)?;
                actor.into_iter().for_each(|actor| names.learn(actor));
                Ok(actor)
            }
            Some(code) if code == 1 + NAMED => Ok(names.narrow(columns, ACTOR_NAME)),
            Some(_) | None => Ok(None),
        }
    }

    fn read_data(
        &mut self,
        start_op: u64,
        (columns, names): (&mut Reader<'_>, &mut NameReader<'_>),
        limit: usize,
    ) -> Option<Vec<(u64, Vec<u8>)>> {
        let shape = match columns.number(SHAPE)? {
            0 => {
                let count = columns.number(NEW_SHAPE).filter(|count| *count <= MOST)?;
                let shape: Option<Vec<u64>> =
                    (0..count).map(|_| columns.number(NEW_SHAPE)).collect();
                self.shapes.push(shape.clone()?);
                shape?
            }
            known => {
                let place = usize::try_from(known - 1).ok()?;
                self.shapes.get(place)?.clone()
            }
        };
        let mut data = Vec::new();
        let mut values = None;
        for specification in shape {
            let key = DATA.part(specification);
            let told = specification == VALUES && columns.number(VALUES_TOLD)? == 0;
            let column = if told {
                let len = values.filter(|len| *len <= limit)?;
                names.text_of_known_length(columns, key, len)?
            } else {
                names.text(columns, key, limit)?
            };
            if specification == KINDS {
                values = values_len(&column);
            }
            let swapped = match specification {
                OBJECTS => swapped(&column, start_op),
                _ => None,
            };
            data.push((specification, swapped.unwrap_or(column)));
        }
        Some(data)
    }
}

fn write_known_actor<L: Lookup>(
    actor: [u8; 16],
    codes: Key,
    (setting, lookup): (&Setting<'_>, &L),
    (columns, names): (&mut Writer, &mut NameWriter),
) -> Result<(), L::Error> {
    if setting.newest.is_some_and(|newest| newest.actor == actor) {
        columns.number(codes, NEWEST);
        return Ok(());
    }
    let prefix = actor.get(..ACTOR_PREFIX).unwrap_or_default();
    if !names.knows(actor) && lookup.actor(setting.case, prefix)? == Some(actor) {
        columns.number(codes, 1 + HELD);
        names.raw(prefix);
        names.learn(actor);
    } else {
        columns.number(codes, 1 + NAMED);
        names.narrow(columns, ACTOR_NAME, actor);
    }
    Ok(())
}

fn read_deps<L: Lookup>(
    (setting, lookup): (&Setting<'_>, &L),
    (columns, names): (&mut Reader<'_>, &mut NameReader<'_>),
) -> Result<Option<Deps>, L::Error> {
    let mut held = BTreeMap::new();
    let count = match columns.number(PAST) {
        Some(0) => {
            let newest = setting.newest.map(|newest| (vec![newest.hash], held));
            return Ok(newest);
        }
        Some(count) if count <= MOST + 1 => count - 1,
        Some(_) | None => return Ok(None),
    };
    let mut deps = Vec::new();
    for _ in 0..count {
        let dep = match columns.number(DEP) {
            Some(HELD) => match names.raw::<HASH_PREFIX>() {
                Some(prefix) => lookup.change(setting.case, &prefix)?,
                None => None,
            },
            Some(NAMED) => names
                .wide(columns, DEP_NAME)
                .map(|bytes| (Digest::from_bytes(bytes), 0)),
            Some(_) | None => None,
        };
        let Some((dep, max_op)) = dep else {
            return Ok(None);
        };
        if max_op > 0 {
            held.insert(dep, max_op);
        }
        deps.push(dep);
    }
    Ok(Some((deps, held)))
}
