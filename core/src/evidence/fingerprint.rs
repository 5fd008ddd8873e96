//! What a picture looks like, in thirty bytes that survive what people do to copies.
//!
//! Shades of a thumbnail come in; bits go out, for the index in `lookalike`. The picture's inner
//! four fifths are laid on a square grid, every place is compared with its surroundings (so that
//! light, contrast and a strip of text change little), and the signs of the grid's slow waves are
//! the bits. A copy that lost up to a tenth at each edge still shows all of the inner part, which is
//! why a search ([`Views`]) looks for it at many places of the picture in question, slightly turned
//! and by quarter turns: the indexed side stays small, the asking side does the work.
//!
//! A fingerprint proves nothing: it points a person at two pictures. Mirrored copies, copies of a
//! small part, and photos of a screen or of a print are not found, and nothing here claims to.
#![expect(
    clippy::indexing_slicing,
    reason = "all places come from loops over the fixed sides of grids and tables"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "grids of at most 512 places a side"
)]

use super::Shades;

/// Places a side of the grid that waves are read from.
const SIDE: usize = 64;

/// Places a side of the finer grid that a slightly turned one is read from.
const FINE: usize = 128;

/// Waves a side: half periods from 0 to 15 across the window.
const WAVES: usize = 16;

/// Bits of a fingerprint.
pub const FINGERPRINT_BITS: usize = 240;

/// How far around a place its surroundings reach, in places.
const AROUND: usize = 6;

/// The window that fingerprints are made from, in parts of the whole picture.
const INNER: (f32, f32) = (0.1, 0.9);

/// Where a search looks for the inner window's edges.
const EDGES: [f32; 4] = [0.012, 0.05, 0.088, 0.13];

/// The slight turns that a search tries, in degrees.
const TURNS: [f32; 2] = [-0.9, 0.9];

/// The signs of the slow waves of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub(super) [u64; 4]);

impl Fingerprint {
    /// Of a picture, from its shades. Nothing if it is flat or has no pixels: then it looks like
    /// every other flat picture.
    pub fn of(shades: &Shades) -> Option<Self> {
        let grid = Grid::of(&Fine::of(shades)?, 0.0);
        if grid.contrast < 1.5 {
            return None;
        }
        let basis = Basis::of(INNER);
        let waves = grid.across(&basis);
        Some(View::of(&down(&waves, &basis), &chosen()).bits)
    }

    /// As bytes: the index's form.
    pub fn to_bytes(self) -> [u8; 30] {
        let mut bytes = [0; 30];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = self.0[place / 8].to_be_bytes()[place % 8];
        }
        bytes
    }

    /// From the index's form.
    pub fn from_bytes(bytes: &[u8; 30]) -> Self {
        let mut words = [[0; 8]; 4];
        for (place, byte) in bytes.iter().enumerate() {
            words[place / 8][place % 8] = *byte;
        }
        Self(words.map(u64::from_be_bytes))
    }
}

/// The picture on a fine grid, plainly averaged.
struct Fine {
    cells: Vec<f32>,
    /// Width by height.
    aspect: f32,
}

impl Fine {
    fn of(shades: &Shades) -> Option<Self> {
        let (width, height) = (shades.size.width as usize, shades.size.height as usize);
        if width == 0 || height == 0 || shades.bytes.len() != width * height {
            return None;
        }
        let edge = |cell: usize, side: usize| cell * side / FINE;
        let mut columns = vec![0_u32; width];
        let mut cells = Vec::with_capacity(FINE * FINE);
        for row in 0..FINE {
            let top = edge(row, height).min(height - 1);
            let bottom = edge(row + 1, height).max(top + 1);
            columns.fill(0);
            for line in shades.bytes[top * width..bottom * width].chunks_exact(width) {
                for (sum, shade) in columns.iter_mut().zip(line) {
                    *sum += u32::from(*shade);
                }
            }
            for column in 0..FINE {
                let left = edge(column, width).min(width - 1);
                let right = edge(column + 1, width).max(left + 1);
                let sum: u32 = columns[left..right].iter().sum();
                cells.push(sum as f32 / ((right - left) * (bottom - top)) as f32);
            }
        }
        Some(Self {
            cells,
            aspect: width as f32 / height as f32,
        })
    }

    /// Between cells; beyond the edge, the edge.
    fn at(&self, x: f32, y: f32) -> f32 {
        let most = (FINE - 1) as f32;
        let (x, y) = (
            (x * FINE as f32 - 0.5).clamp(0.0, most),
            (y * FINE as f32 - 0.5).clamp(0.0, most),
        );
        let (left, top) = ((x as usize).min(FINE - 2), (y as usize).min(FINE - 2));
        let (dx, dy) = (x - left as f32, y - top as f32);
        let row = |top: usize| {
            let at = top * FINE + left;
            self.cells[at] + (self.cells[at + 1] - self.cells[at]) * dx
        };
        row(top) + (row(top + 1) - row(top)) * dy
    }
}

/// Each place of the picture beside its surroundings.
struct Grid {
    cells: Vec<f32>,
    contrast: f32,
}

impl Grid {
    fn of(fine: &Fine, degrees: f32) -> Self {
        let turned = degrees.abs() > 0.01;
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut cells = Vec::with_capacity(SIDE * SIDE);
        for (row, column) in (0..SIDE * SIDE).map(|place| (place / SIDE, place % SIDE)) {
            if !turned {
                let at = (2 * row) * FINE + 2 * column;
                let (upper, lower) = (
                    &fine.cells[at..at + 2],
                    &fine.cells[at + FINE..at + FINE + 2],
                );
                cells.push((upper[0] + upper[1] + lower[0] + lower[1]) / 4.0);
            } else {
                let mut sum = 0.0;
                for (u, v) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let x = ((column as f32 + u) / SIDE as f32 - 0.5) * fine.aspect;
                    let y = (row as f32 + v) / SIDE as f32 - 0.5;
                    let (x, y) = (x * cos - y * sin, x * sin + y * cos);
                    sum += fine.at(x / fine.aspect + 0.5, y + 0.5);
                }
                cells.push(sum / 4.0);
            }
        }
        let mean = blurred(&cells);
        for (cell, mean) in cells.iter_mut().zip(&mean) {
            *cell -= mean;
        }
        let squares: Vec<f32> = cells.iter().map(|cell| cell * cell).collect();
        let spread = blurred(&squares);
        let contrast = (squares.iter().sum::<f32>() / squares.len() as f32).sqrt();
        for (cell, spread) in cells.iter_mut().zip(&spread) {
            *cell /= spread.sqrt() + 4.0;
        }
        Self { cells, contrast }
    }

    /// The waves across the window, for each row.
    fn across(&self, basis: &Basis) -> Vec<[f32; WAVES]> {
        let row = |line: &[f32]| {
            let mut waves = [0.0; WAVES];
            for (cell, weights) in line.iter().zip(&basis.weights) {
                for (wave, weight) in waves.iter_mut().zip(weights) {
                    *wave += cell * weight;
                }
            }
            waves
        };
        self.cells.chunks_exact(SIDE).map(row).collect()
    }
}

/// Means over the surroundings of each place, cut off at the edges.
fn blurred(cells: &[f32]) -> Vec<f32> {
    let line = |at: &dyn Fn(usize) -> f32, out: &mut dyn FnMut(usize, f32)| {
        let mut sums = [0.0; SIDE + 1];
        for place in 0..SIDE {
            sums[place + 1] = sums[place] + at(place);
        }
        for place in 0..SIDE {
            let (from, to) = (place.saturating_sub(AROUND), (place + AROUND + 1).min(SIDE));
            out(place, (sums[to] - sums[from]) / (to - from) as f32);
        }
    };
    let mut rows = vec![0.0; SIDE * SIDE];
    for row in 0..SIDE {
        line(&|place| cells[row * SIDE + place], &mut |place, mean| {
            rows[row * SIDE + place] = mean
        });
    }
    let mut both = vec![0.0; SIDE * SIDE];
    for column in 0..SIDE {
        line(&|place| rows[place * SIDE + column], &mut |place, mean| {
            both[place * SIDE + column] = mean
        });
    }
    both
}

/// Waves across a window: what each place of a grid adds to each of them.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    weights: [[f32; WAVES]; SIDE],
    /// The places that lie in the window at all.
    within: (usize, usize),
}

impl Basis {
    pub(super) fn of((from, to): (f32, f32)) -> Self {
        let mut weights = [[0.0; WAVES]; SIDE];
        for (place, waves) in weights.iter_mut().enumerate() {
            let (left, right) = (place as f32 / SIDE as f32, (place + 1) as f32 / SIDE as f32);
            let cover = (right.min(to) - left.max(from)).max(0.0) * SIDE as f32;
            let middle = (left.max(from) + right.min(to)) / 2.0;
            let phase = std::f32::consts::PI * (middle - from) / (to - from);
            for (number, wave) in waves.iter_mut().enumerate() {
                *wave = cover * (phase * number as f32).cos();
            }
        }
        let first = (from * SIDE as f32) as usize;
        let last = ((to * SIDE as f32).ceil() as usize).min(SIDE);
        Self {
            weights,
            within: (first, last),
        }
    }
}

type Waves = [[f32; WAVES]; WAVES];

/// The waves of a window, from those of its rows.
fn down(rows: &[[f32; WAVES]], basis: &Basis) -> Waves {
    let mut waves = [[0.0; WAVES]; WAVES];
    let (first, last) = basis.within;
    for (row, weights) in rows[first..last].iter().zip(&basis.weights[first..last]) {
        for (line, weight) in waves.iter_mut().zip(weights) {
            for (wave, cell) in line.iter_mut().zip(row) {
                *wave += weight * cell;
            }
        }
    }
    waves
}

/// The waves that give a bit each, slow ones first: (down, across).
pub(super) fn chosen() -> [(usize, usize); FINGERPRINT_BITS] {
    let mut all: Vec<(usize, usize)> = (0..WAVES * WAVES)
        .map(|place| (place / WAVES, place % WAVES))
        .collect();
    all.sort_by_key(|(v, u)| (v * v + u * u, *v));
    let mut chosen = [(0, 0); FINGERPRINT_BITS];
    // The mean and the two slowest waves say little more than where the sky is.
    for (place, wave) in chosen.iter_mut().zip(all.iter().skip(3)) {
        *place = *wave;
    }
    chosen
}

/// How many of a view's bits are counted.
pub(super) const CLEAR_BITS: usize = 160;

/// Shelves on which an index sorts its photos, each by bits of its own.
pub(super) const SHELVES: usize = 6;

/// Bits that name a place on a shelf.
pub(super) const KEY_BITS: usize = 16;

/// Places a view looks at on each shelf: as it is, and with its faintest bits the other way.
pub(super) const PLACES: usize = 4;

/// The bits that each shelf is sorted by: of the slower half, each used once.
pub(super) const fn shelf_bit(shelf: usize, place: usize) -> usize {
    // Neighbours in this order are waves of about one length, so every shelf gets slow and fast ones.
    place * SHELVES + (shelf + place * 3) % SHELVES
}

/// The place of a fingerprint on a shelf.
pub(super) fn key(bits: &Fingerprint, shelf: usize) -> u16 {
    (0..KEY_BITS).fold(0, |key, place| {
        let bit = shelf_bit(shelf, place);
        key << 1 | (bits.0[bit / 64] >> (63 - bit % 64) & 1) as u16
    })
}

/// Bits of one window, and which of them are clear enough to be counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) bits: Fingerprint,
    clear: Fingerprint,
    pub(super) places: [[u16; PLACES]; SHELVES],
}

impl View {
    fn of(waves: &Waves, chosen: &[(usize, usize); FINGERPRINT_BITS]) -> Self {
        let mut strengths = [0.0_f32; FINGERPRINT_BITS];
        let mut words = [0_u64; 4];
        for (place, (v, u)) in chosen.iter().enumerate() {
            let wave = waves[*v][*u];
            strengths[place] = wave.abs();
            words[place / 64] |= u64::from(wave > 0.0) << (63 - place % 64);
        }
        let mut sorted = strengths;
        let faint = FINGERPRINT_BITS - CLEAR_BITS;
        let (_, limit, _) = sorted.select_nth_unstable_by(faint, f32::total_cmp);
        let mut clear = [0_u64; 4];
        for (place, strength) in strengths.iter().enumerate() {
            clear[place / 64] |= u64::from(strength >= limit) << (63 - place % 64);
        }
        let bits = Fingerprint(words);
        let mut places = [[0; PLACES]; SHELVES];
        for (shelf, places) in places.iter_mut().enumerate() {
            let (first, second) = faintest(&strengths, shelf);
            let key = key(&bits, shelf);
            *places = [key, key ^ first, key ^ second, key ^ first ^ second];
        }
        Self {
            bits,
            clear: Fingerprint(clear),
            places,
        }
    }

    /// How many clear bits differ, of [`CLEAR_BITS`].
    #[inline]
    pub(super) fn differs(&self, other: &Fingerprint) -> u32 {
        let words = self.bits.0.iter().zip(&self.clear.0).zip(&other.0);
        words
            .map(|((bits, clear), other)| ((bits ^ other) & clear).count_ones())
            .sum()
    }
}

/// The two faintest bits of a shelf's key, as masks.
fn faintest(strengths: &[f32; FINGERPRINT_BITS], shelf: usize) -> (u16, u16) {
    let (mut first, mut second) = ((f32::MAX, 0), (f32::MAX, 0));
    for place in 0..KEY_BITS {
        let this = (
            strengths[shelf_bit(shelf, place)],
            1 << (KEY_BITS - 1 - place),
        );
        if this.0 < first.0 {
            (first, second) = (this, first);
        } else if this.0 < second.0 {
            second = this;
        }
    }
    (first.1, second.1)
}

/// A picture in question, seen through every window, slightly turned and by quarter turns.
pub(super) struct Views {
    pub(super) all: Vec<View>,
}

impl Views {
    /// All of them. Nothing for flat pictures.
    pub(super) fn of(shades: &Shades) -> Option<Self> {
        let fine = Fine::of(shades)?;
        let chosen = chosen();
        let windows = EDGES
            .iter()
            .flat_map(|from| EDGES.iter().map(move |to| (*from, 1.0 - to)));
        let bases: Vec<Basis> = windows.map(Basis::of).collect();
        let mut all = Vec::with_capacity(TURNS.len() * bases.len() * bases.len() * 4);
        for turn in TURNS {
            let grid = Grid::of(&fine, turn);
            if grid.contrast < 1.5 {
                return None;
            }
            for across in &bases {
                let rows = grid.across(across);
                for basis in &bases {
                    let turned = quarter_turns(&down(&rows, basis));
                    all.extend(turned.iter().map(|waves| View::of(waves, &chosen)));
                }
            }
        }
        Some(Self { all })
    }
}

/// The same window as it would be if the picture were turned by quarters: waves change places and
/// signs, nothing is read again.
fn quarter_turns(waves: &Waves) -> [Waves; 4] {
    let mut turned = [*waves; 4];
    for v in 0..WAVES {
        for u in 0..WAVES {
            let (wave, other) = (waves[v][u], waves[u][v]);
            let signed = |odd: usize, wave: f32| if odd % 2 == 1 { -wave } else { wave };
            turned[1][v][u] = signed(u, other);
            turned[2][v][u] = signed(u + v, wave);
            turned[3][v][u] = signed(v, other);
        }
    }
    turned
}
