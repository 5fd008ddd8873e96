//! Bits of a coded scan, in order, without the bytes that JPEG stuffs in between.

/// Reads the coded data up to the next marker; behind it there are only zeros.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    have: u32,
    /// Bits handed out that the data do not hold.
    made_up: u32,
}

impl<'a> Bits<'a> {
    /// From the first coded byte on.
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self {
            data,
            at,
            buffer: 0,
            have: 0,
            made_up: 0,
        }
    }

    /// Makes sure that 32 bits can be looked at.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.have >= 32 {
            return;
        }
        if let Some(four) = self.data.get(self.at..self.at + 4)
            && let Ok(four) = <[u8; 4]>::try_from(four)
        {
            let word = u32::from_be_bytes(four);
            // A zero byte in the complement is an 0xFF in the word: a stuffed byte or a marker.
            let gaps = !word;
            if gaps.wrapping_sub(0x0101_0101) & !gaps & 0x8080_8080 == 0 {
                self.buffer |= u64::from(word) << (32 - self.have);
                self.have += 32;
                self.at += 4;
                return;
            }
        }
        self.refill_slowly();
    }

    #[cold]
    #[inline(never)]
    fn refill_slowly(&mut self) {
        while self.have <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF), _) | (None, _) => {
                    self.made_up = self.made_up.saturating_add(8);
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.have);
            self.have += 8;
        }
    }

    /// The next `count` bits, at most 32, without taking them.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> u64 {
        self.buffer >> 1 >> (63 - count)
    }

    /// Takes bits that were looked at.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) {
        self.buffer <<= count;
        self.have = self.have.saturating_sub(count);
    }

    /// Whether more was taken than there is.
    #[inline(always)]
    pub(super) fn is_spent(&self) -> bool {
        self.made_up > self.have
    }

    /// Goes behind the next marker, and says which it is.
    pub(super) fn pass_marker(&mut self) -> Option<u8> {
        (self.buffer, self.have, self.made_up) = (0, 0, 0);
        loop {
            let rest = self.data.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte == 0xFF)? + 1;
            match self.data.get(self.at)? {
                0 | 0xFF => {}
                marker => {
                    self.at += 1;
                    return Some(*marker);
                }
            }
        }
    }

    /// Where the next unread byte stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to just before the marker that was passed.
    pub(super) fn before_marker(&mut self) {
        self.at = self.at.saturating_sub(2);
    }
}
