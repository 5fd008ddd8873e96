//! Huffman tables of a JPEG, shaped for reading a few coefficients and leaping over the rest.
//!
//! Three tables answer from the next bits at once: [`Code`] by code alone, [`Low`] a coefficient
//! with its value, [`Leap`] as many coefficients as end within the window, values unread. Codes
//! too long for their window go through [`Table::symbol`].

use super::bits::Bits;

const CODE_BITS: u32 = 9;
const LOW_BITS: u32 = 9;
const LEAP_BITS: u32 = 12;

/// A run so long that it ends the block.
const END_OF_BLOCK: u8 = 64;

/// One table, for differences of the first coefficient or for all others.
#[derive(Debug)]
pub(super) struct Table {
    codes: [Code; 1 << CODE_BITS],
    lows: [Low; 1 << LOW_BITS],
    leaps: [Leap; 1 << LEAP_BITS],
    /// For each length: one past the last code, left-aligned in 16 bits.
    ends: [u32; 17],
    /// For each length: what leads from a code to the place of its symbol.
    shifts: [i32; 17],
    symbols: [u8; 256],
}

/// A symbol and the length of its code; length 0 is no code.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Code {
    len: u8,
    pub(super) symbol: u8,
}

/// A coefficient: zeros before it, its value, and the bits that said so.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Low {
    len: u8,
    pub(super) run: u8,
    pub(super) value: i16,
}

/// Several coefficients: how far they lead and how many bits they take.
#[derive(Debug, Clone, Copy, Default)]
struct Leap {
    len: u8,
    /// Coefficients passed; the highest bit says that the block ends there.
    advance: u8,
}

const ENDS_BLOCK: u8 = 0x80;

impl Table {
    /// From the counts of codes of each length and their symbols. Nothing if they contradict.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Box<Self>> {
        let mut table = Box::new(Self {
            codes: [Code::default(); 1 << CODE_BITS],
            lows: [Low::default(); 1 << LOW_BITS],
            leaps: [Leap::default(); 1 << LEAP_BITS],
            ends: [0; 17],
            shifts: [0; 17],
            symbols: [0; 256],
        });
        table
            .symbols
            .get_mut(..symbols.len())?
            .copy_from_slice(symbols);
        let (mut code, mut place) = (0_u32, 0_i32);
        for (len, count) in (1_u32..).zip(counts) {
            let first = code;
            code += u32::from(*count);
            if code > 1 << len {
                return None;
            }
            let row = usize::try_from(len).ok()?;
            *table.ends.get_mut(row)? = code << (16 - len);
            *table.shifts.get_mut(row)? = place - i32::try_from(first).ok()?;
            place += i32::from(*count);
            code <<= 1;
        }
        if usize::try_from(place).ok()? != symbols.len() {
            return None;
        }
        for window in 0_u16..1 << CODE_BITS {
            let code = table.search(u32::from(window) << (16 - CODE_BITS), CODE_BITS);
            *table.codes.get_mut(usize::from(window))? = code;
        }
        Some(table)
    }

    /// Prepares what only tables of later coefficients need.
    pub(super) fn prepare(&mut self) {
        for window in 0_u16..1 << LOW_BITS {
            let low = self.low_of(u32::from(window));
            if let Some(place) = self.lows.get_mut(usize::from(window)) {
                *place = low;
            }
        }
        for window in 0_u16..1 << LEAP_BITS {
            let leap = self.leap_of(u32::from(window));
            if let Some(place) = self.leaps.get_mut(usize::from(window)) {
                *place = leap;
            }
        }
    }

    /// The code at the start of 16 bits, if it has at most `most` bits.
    fn search(&self, bits: u32, most: u32) -> Code {
        for (len, (end, shift)) in (0_u32..).zip(self.ends.iter().zip(&self.shifts)) {
            if len > most {
                break;
            }
            if bits < *end {
                let code = i32::try_from(bits >> (16 - len)).unwrap_or(0);
                let place = usize::try_from(code + shift).unwrap_or(usize::MAX);
                let symbol = self.symbols.get(place).copied().unwrap_or(0);
                let len = u8::try_from(len).unwrap_or(0);
                return Code { len, symbol };
            }
        }
        Code::default()
    }

    fn low_of(&self, window: u32) -> Low {
        let code = self.search(window << (16 - LOW_BITS), LOW_BITS);
        let (run, size) = (code.symbol >> 4, u32::from(code.symbol & 15));
        let len = u32::from(code.len) + size;
        if code.len == 0 || len > LOW_BITS {
            return Low::default();
        }
        let bits = (window >> (LOW_BITS - len)) & ((1 << size) - 1);
        Low {
            len: u8::try_from(len).unwrap_or(0),
            run: run_of(code.symbol, run),
            value: i16::try_from(extend(bits, size)).unwrap_or(0),
        }
    }

    fn leap_of(&self, window: u32) -> Leap {
        let mut leap = Leap::default();
        while u32::from(leap.len) < LEAP_BITS {
            let left = LEAP_BITS - u32::from(leap.len);
            let rest = (window << (16 - LEAP_BITS) << leap.len) & 0xFFFF;
            let code = self.search(rest, left);
            if code.len == 0 {
                break;
            }
            if code.symbol == 0 {
                leap.len += code.len;
                leap.advance |= ENDS_BLOCK;
                break;
            }
            let advance = leap.advance + (code.symbol >> 4) + 1;
            if advance > 62 {
                break;
            }
            leap.advance = advance;
            // The value's own bits may lie beyond the window: nobody reads them.
            leap.len += code.len + (code.symbol & 15);
        }
        leap
    }

    /// The next symbol. Nothing if the bits are no code; then 16 of them are passed.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let code = self
            .codes
            .get(window(bits, CODE_BITS))
            .copied()
            .unwrap_or_default();
        if code.len > 0 {
            bits.take(code.len.into());
            return Some(code.symbol);
        }
        self.long_symbol(bits)
    }

    #[cold]
    #[inline(never)]
    fn long_symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let code = self.search(u32::try_from(bits.peek(16)).unwrap_or(0), 16);
        bits.take(if code.len == 0 { 16 } else { code.len.into() });
        (code.len > 0).then_some(code.symbol)
    }

    /// The next coefficient with its value. Nothing if the bits are no code.
    #[inline(always)]
    pub(super) fn low(&self, bits: &mut Bits<'_>) -> Option<Low> {
        bits.refill();
        let low = self
            .lows
            .get(window(bits, LOW_BITS))
            .copied()
            .unwrap_or_default();
        if low.len > 0 {
            bits.take(low.len.into());
            return Some(low);
        }
        let symbol = self.symbol(bits)?;
        let value = number(bits, u32::from(symbol & 15));
        Some(Low {
            len: 0,
            run: run_of(symbol, symbol >> 4),
            value: i16::try_from(value).unwrap_or(0),
        })
    }

    /// Leaps from coefficient `at` over the rest of a block. Says whether all of it were codes.
    #[inline(always)]
    pub(super) fn leap(&self, bits: &mut Bits<'_>, mut at: u32) -> bool {
        while at < 64 {
            bits.refill();
            let leap = self
                .leaps
                .get(window(bits, LEAP_BITS))
                .copied()
                .unwrap_or_default();
            let there = at + u32::from(leap.advance & !ENDS_BLOCK);
            // Behind coefficient 63 the next block begins, whatever the table saw there.
            if leap.len > 0 && there < 64 {
                bits.take(leap.len.into());
                if leap.advance & ENDS_BLOCK != 0 {
                    return true;
                }
                at = there;
                continue;
            }
            match self.symbol(bits) {
                Some(0) => return true,
                Some(symbol) => {
                    bits.take(u32::from(symbol & 15));
                    at += u32::from(symbol >> 4) + 1;
                }
                None => return false,
            }
        }
        at == 64
    }
}

#[inline(always)]
fn window(bits: &Bits<'_>, count: u32) -> usize {
    // At most 16 bits, so it fits any usize; the mask lets the compiler see that it is in range.
    usize::try_from(bits.peek(count)).unwrap_or(0) & ((1 << count) - 1)
}

/// Fifteen zeros and one more are a symbol of their own; a lone zero ends the block.
const fn run_of(symbol: u8, run: u8) -> u8 {
    if symbol == 0 { END_OF_BLOCK } else { run }
}

/// The next `size` bits as JPEG writes a number.
#[inline(always)]
pub(super) fn number(bits: &mut Bits<'_>, size: u32) -> i32 {
    let raw = u32::try_from(bits.peek(size)).unwrap_or(0);
    bits.take(size);
    extend(raw, size)
}

#[inline(always)]
fn extend(raw: u32, size: u32) -> i32 {
    let raw = i32::try_from(raw).unwrap_or(0);
    if size == 0 {
        0
    } else if raw < 1 << (size - 1) {
        raw - (1 << size) + 1
    } else {
        raw
    }
}
