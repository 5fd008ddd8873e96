//! Decodes a baseline JPEG at an eighth, a quarter or half of its size, never in full.
//!
//! Bytes come from `thumbnail`; planes of brightness and colour go back, small already. Reading
//! the Huffman codes is nearly all the work of a small picture, and most of what they say is thrown
//! away: coefficients that a small picture does not show are leapt over, several with one look-up.
//! That is what makes this faster than decoders that read every value (docs/decisions/0004).
//!
//! - Memory: the planes at their small size and some tables, whatever the picture's size.
//! - Nobody's bytes are trusted: a cut or broken scan yields what was decoded before it, grey
//!   behind it, and says so.
//! - Restart markers, several scans, any sampling of one to three components.
//!
//! Refused, for the general decoders: several passes, arithmetic coding, 12 bits, four inks, and
//! pictures that are hardly larger than what is wanted.

use bits::Bits;
use block::Coder;
use huffman::Table;

mod bits;
mod block;
mod huffman;

/// One component of a picture, row after row.
#[derive(Debug)]
pub(super) struct Plane {
    /// Bytes from one row to the next.
    pub(super) stride: usize,
    pub(super) rows: usize,
    /// The part that is picture, in bytes and rows; the rest fills up the last blocks.
    pub(super) shown: (f64, f64),
    pub(super) bytes: Vec<u8>,
}

/// A picture of one or three planes, each of its own size.
#[derive(Debug)]
pub(super) struct Scaled {
    pub(super) planes: Vec<Plane>,
    /// Whether the whole scan could be read.
    pub(super) is_whole: bool,
    /// What the file calls its components: some writers mean red, green and blue by it.
    pub(super) names: Vec<u8>,
}

/// Why this decoder leaves a picture to others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str);

#[derive(Debug)]
struct Component {
    id: u8,
    across: usize,
    down: usize,
    steps: usize,
    /// How many points a side are kept of each block's eight.
    points: usize,
    /// Blocks that show picture; a scan of this component alone has no others.
    blocks: (usize, usize),
    plane: Plane,
}

#[derive(Debug, Default)]
struct Frame {
    components: Vec<Component>,
    /// Groups of blocks a row and a column, in a scan of several components.
    groups: (usize, usize),
}

struct Decoder<'a> {
    jpeg: &'a [u8],
    frame: Frame,
    steps: [Option<[i32; 25]>; 4],
    firsts: [Option<Box<Table>>; 4],
    others: [Option<Box<Table>>; 4],
    restart_every: usize,
    scans: usize,
    is_whole: bool,
}

/// Tables and scans that one file may have: more are an attack on patience.
const MAX_SEGMENTS: usize = 1_000;
const MAX_SCANS: usize = 8;

/// How many points of each eight are wanted so that a side keeps `long` pixels.
fn points_for(side: usize, long: usize) -> Option<usize> {
    [1, 2, 4]
        .into_iter()
        .find(|points| (side * points).div_ceil(8) >= long)
}

/// Decodes so that the longer side has at least `long` pixels, and less than twice as many.
///
/// # Errors
/// [`Refused`] when the picture is for another decoder.
pub(super) fn decode(jpeg: &[u8], long: usize) -> Result<Scaled, Refused> {
    let mut decoder = Decoder {
        jpeg,
        frame: Frame::default(),
        steps: [None; 4],
        firsts: [const { None }; 4],
        others: [const { None }; 4],
        restart_every: 0,
        scans: 0,
        is_whole: true,
    };
    decoder.walk(long)?;
    if decoder.scans == 0 {
        return Err(Refused("the file holds no scan"));
    }
    let components = decoder.frame.components.into_iter();
    let (names, planes) = components.map(|one| (one.id, one.plane)).unzip();
    Ok(Scaled {
        planes,
        is_whole: decoder.is_whole,
        names,
    })
}

/// What a decoder that keeps all coefficients of the picture would need for them.
pub(super) fn coefficient_bytes(jpeg: &[u8]) -> Option<u64> {
    let mut bits = Bits::new(jpeg, 2);
    for _ in 0..MAX_SEGMENTS {
        let marker = bits.pass_marker()?;
        let body = match marker {
            0x01 | 0xD0..=0xD8 => continue,
            _ => segment(jpeg, bits.at())?,
        };
        if matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) {
            let ([_, h1, h0, w1, w0, _], rest) = body.split_first_chunk()?;
            let sides = rest
                .as_chunks::<3>()
                .0
                .iter()
                .map(|[_, by, _]| (by >> 4, by & 15));
            let most = sides
                .clone()
                .fold((1, 1), |(h, v), (x, y)| (h.max(x), v.max(y)));
            let across = u64::from(u16::from_be_bytes([*w1, *w0])).div_ceil(8 * u64::from(most.0));
            let down = u64::from(u16::from_be_bytes([*h1, *h0])).div_ceil(8 * u64::from(most.1));
            let blocks: u64 = sides.map(|(h, v)| u64::from(h) * u64::from(v)).sum();
            return Some(across * down * blocks * 128);
        }
        bits = Bits::new(jpeg, bits.at() + 2 + body.len());
    }
    None
}

/// What stands between the length of a segment and its end.
fn segment(jpeg: &[u8], at: usize) -> Option<&[u8]> {
    let len = u16::from_be_bytes(*jpeg.get(at..)?.first_chunk()?);
    jpeg.get(at + 2..at + usize::from(len))
}

impl<'a> Decoder<'a> {
    fn walk(&mut self, long: usize) -> Result<(), Refused> {
        let mut bits = Bits::new(self.jpeg, 2);
        for _ in 0..MAX_SEGMENTS {
            let Some(marker) = bits.pass_marker() else {
                self.is_whole = false;
                return Ok(());
            };
            match marker {
                0xD9 => return Ok(()),
                0x01 | 0xD0..=0xD8 => continue,
                _ => {}
            }
            let Some(body) = segment(self.jpeg, bits.at()) else {
                self.is_whole = false;
                return Ok(());
            };
            let next = bits.at() + 2 + body.len();
            bits = Bits::new(self.jpeg, next);
            match marker {
                0xC0 | 0xC1 => self.frame(body, long)?,
                0xC2..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    return Err(Refused("coded in several passes or arithmetically"));
                }
                0xC4 => self.tables(body).ok_or(BROKEN_TABLES)?,
                0xDB => self.quantisers(body).ok_or(BROKEN_TABLES)?,
                0xDD => {
                    let every = body.first_chunk().ok_or(BROKEN_TABLES)?;
                    self.restart_every = u16::from_be_bytes(*every).into();
                }
                0xDA => {
                    let parts = self.scan(body, &mut bits)?;
                    self.scans += 1;
                    // Nothing that shows can follow a scan of all components.
                    if parts == self.frame.components.len() || self.scans == MAX_SCANS {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn frame(&mut self, body: &[u8], long: usize) -> Result<(), Refused> {
        let Some(([8, h1, h0, w1, w0, count], rest)) = body.split_first_chunk() else {
            return Err(Refused("not eight bits a sample"));
        };
        if !self.frame.components.is_empty() || !matches!(count, 1 | 3) {
            return Err(Refused("neither grey nor three colours in one frame"));
        }
        let height = usize::from(u16::from_be_bytes([*h1, *h0]));
        let width = usize::from(u16::from_be_bytes([*w1, *w0]));
        let points = points_for(width.max(height), long);
        let points = points.ok_or(Refused("small enough to decode in full"))?;
        let declared: Vec<[u8; 3]> = rest.as_chunks::<3>().0.to_vec();
        let sampling = |[_, by, _]: &[u8; 3]| (usize::from(by >> 4), usize::from(by & 15));
        let sides = declared.iter().map(sampling);
        if declared.len() != usize::from(*count)
            || sides
                .clone()
                .any(|(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v))
            || width == 0
            || height == 0
        {
            return Err(Refused("a frame that contradicts itself"));
        }
        let most = sides.fold((1, 1), |(h, v), (x, y)| (h.max(x), v.max(y)));
        let groups = (width.div_ceil(8 * most.0), height.div_ceil(8 * most.1));
        // Small pictures store colour at half their size, and little less is kept here: libjpeg's
        // 4:2:0 of twelve megapixels is 250 pixels at an eighth, a thumbnail wants 256.
        let coloured = |[_, by, _]: &[u8; 3]| {
            let own = if width >= height {
                width * usize::from(by >> 4) / most.0
            } else {
                height * usize::from(by & 15) / most.1
            };
            points_for(own, long * 15 / 32).map_or(points, |enough| enough.min(points))
        };
        let components = declared.iter().enumerate().map(|(place, one)| {
            let points = if place == 0 { points } else { coloured(one) };
            component(*one, points, (width, height), most)
        });
        self.frame = Frame {
            components: components.collect(),
            groups,
        };
        Ok(())
    }

    fn quantisers(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((head, rest)) = body.split_first() {
            let mut steps = [0; 25];
            let wide = head >> 4 != 0;
            let (all, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            for (k, step) in steps.iter_mut().enumerate() {
                *step = if wide {
                    u16::from_be_bytes([*all.get(2 * k)?, *all.get(2 * k + 1)?]).into()
                } else {
                    (*all.get(k)?).into()
                };
            }
            *self.steps.get_mut(usize::from(head & 3))? = Some(steps);
            body = rest;
        }
        Some(())
    }

    fn tables(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let len = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(len)?;
            let mut table = Table::new(counts, symbols)?;
            let shelf = if head >> 4 == 0 {
                &mut self.firsts
            } else {
                table.prepare();
                &mut self.others
            };
            *shelf.get_mut(usize::from(head & 3))? = Some(table);
            body = rest;
        }
        Some(())
    }

    /// Says how many components the scan held.
    fn scan(&mut self, body: &[u8], bits: &mut Bits<'_>) -> Result<usize, Refused> {
        let (count, rest) = body.split_first().ok_or(BROKEN_TABLES)?;
        let mut parts = Vec::new();
        for [id, tables] in rest.as_chunks::<2>().0.iter().take(usize::from(*count)) {
            let found = self.frame.components.iter().position(|one| one.id == *id);
            let place = found.ok_or(Refused("a scan of an unknown component"))?;
            let component = self.frame.components.get(place).ok_or(BROKEN_TABLES)?;
            let steps = self.steps.get(component.steps).copied().flatten();
            let first = self.firsts.get(usize::from(tables >> 4 & 3));
            let others = self.others.get(usize::from(tables & 3));
            parts.push(Part {
                place,
                coder: Coder {
                    first: first.and_then(Option::as_deref).ok_or(NO_TABLE)?,
                    others: others.and_then(Option::as_deref).ok_or(NO_TABLE)?,
                    steps: steps.ok_or(NO_TABLE)?,
                },
                before: 0,
            });
        }
        self.is_whole &= read(&mut self.frame, &mut parts, self.restart_every, bits);
        Ok(parts.len())
    }
}

fn component(
    [id, by, steps]: [u8; 3],
    points: usize,
    (width, height): (usize, usize),
    most: (usize, usize),
) -> Component {
    let (across, down) = (usize::from(by >> 4), usize::from(by & 15));
    // A scan of this component alone has no blocks beyond the picture; one of several may.
    let blocks = (
        (width * across).div_ceil(most.0 * 8),
        (height * down).div_ceil(most.1 * 8),
    );
    let stride = width.div_ceil(8 * most.0) * across * points;
    let rows = height.div_ceil(8 * most.1) * down * points;
    let shown = |side: usize, own: usize, most: usize| exact(side * own * points) / exact(most * 8);
    Component {
        id,
        across,
        down,
        steps: usize::from(steps & 3),
        points,
        blocks,
        plane: Plane {
            stride,
            rows,
            shown: (shown(width, across, most.0), shown(height, down, most.1)),
            // What no block reaches stays grey.
            bytes: vec![128; stride * rows],
        },
    }
}

const BROKEN_TABLES: Refused = Refused("its tables contradict themselves");
const NO_TABLE: Refused = Refused("a scan names a table that is missing");

#[expect(
    clippy::cast_precision_loss,
    reason = "sides of pictures are far below 2^52"
)]
fn exact(side: usize) -> f64 {
    side as f64
}

/// A component's share of a scan.
struct Part<'t> {
    place: usize,
    coder: Coder<'t>,
    before: i32,
}

/// Reads one scan. Says whether all of it could be read.
fn read(
    frame: &mut Frame,
    parts: &mut [Part<'_>],
    restart_every: usize,
    bits: &mut Bits<'_>,
) -> bool {
    let alone = parts.len() == 1;
    let lone = parts
        .first()
        .and_then(|part| frame.components.get(part.place));
    let (across, down) = match lone {
        Some(component) if alone => component.blocks,
        Some(_) => frame.groups,
        None => return false,
    };
    let mut whole = true;
    let mut group = 0;
    let mut restarts = 0_u8;
    let mut restart_at = restart_every;
    while group < across * down {
        if restart_every > 0 && group == restart_at {
            parts.iter_mut().for_each(|part| part.before = 0);
            let Some(number @ 0xD0..=0xD7) = bits.pass_marker() else {
                bits.before_marker();
                return false;
            };
            // The markers count to eight: a gap says how many stretches are lost.
            let lost = usize::from(number.wrapping_sub(restarts) & 7);
            whole &= lost == 0;
            restarts = (number & 7) + 1;
            group += lost * restart_every;
            restart_at = group + restart_every;
            continue;
        }
        let place = (group % across, group / across);
        for part in parts.iter_mut() {
            let Some(component) = frame.components.get_mut(part.place) else {
                return false;
            };
            whole &= blocks(component, part, place, (alone, bits));
        }
        group += 1;
        if bits.is_spent() {
            whole = false;
            // With restart markers the rest of the picture can be found again.
            if restart_every == 0 {
                return false;
            }
            group = restart_at;
        }
    }
    whole
}

/// Reads a component's blocks of one group. Says whether all of it were codes.
#[inline(always)]
fn blocks(
    component: &mut Component,
    part: &mut Part<'_>,
    (x, y): (usize, usize),
    (alone, bits): (bool, &mut Bits<'_>),
) -> bool {
    let (h, v) = if alone {
        (1, 1)
    } else {
        (component.across, component.down)
    };
    let (points, stride) = (component.points, component.plane.stride);
    let mut whole = true;
    for row in 0..v {
        for column in 0..h {
            let top = (y * v + row) * points * stride;
            let at = top + (x * h + column) * points;
            let out = component.plane.bytes.get_mut(at..).unwrap_or_default();
            let (coder, before) = (&part.coder, &mut part.before);
            whole &= match points {
                1 => block::decode::<1>(bits, coder, before, (out, stride)),
                2 => block::decode::<2>(bits, coder, before, (out, stride)),
                _ => block::decode::<4>(bits, coder, before, (out, stride)),
            };
        }
    }
    whole
}
