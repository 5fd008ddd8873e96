//! Takes numbers and boxes off a slice of an ISO base media file.
//!
//! Slices come from `heif`; whatever does not fit is `None`, so no length is ever believed.

/// What is left of a slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(len)?;
        self.0 = later;
        Some(now)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A byte.
    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    /// Two bytes.
    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes.
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number of 0, 4 or 8 bytes.
    pub(super) fn sized(&mut self, bytes: u8) -> Option<u64> {
        match bytes {
            0 => Some(0),
            4 => self.u32().map(u64::from),
            8 => self.array().map(u64::from_be_bytes),
            _ => None,
        }
    }

    /// A number of two bytes, or of four in later versions.
    pub(super) fn id(&mut self, wide: bool) -> Option<u32> {
        if wide {
            self.u32()
        } else {
            self.u16().map(u32::from)
        }
    }

    /// Version and flags of a full box.
    pub(super) fn full(&mut self) -> Option<(u8, u32)> {
        let [version, a, b, c] = self.array()?;
        Some((version, u32::from_be_bytes([0, a, b, c])))
    }

    /// The next box: its type and body.
    pub(super) fn next_box(&mut self) -> Option<([u8; 4], Bytes<'a>)> {
        let short = self.u32()?;
        let kind = self.array()?;
        let body = match short {
            0 => self.0.len(),
            1 => usize::try_from(self.sized(8)?).ok()?.checked_sub(16)?,
            size => usize::try_from(size).ok()?.checked_sub(8)?,
        };
        self.take(body).map(|bytes| (kind, Bytes(bytes)))
    }
}
