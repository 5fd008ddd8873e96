//! Writes EXIF blocks and TIFF files, sound ones and ones that are wrong in a chosen place.
//!
//! Entries come from `variants`; bytes go into a container. The project's readers are not used
//! here, so a mistake in them cannot hide itself.

/// Which end of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As most cameras write.
    Little,
    /// As Nikon and Apple write.
    Big,
}

impl Order {
    fn short(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    fn long(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

/// A value to be written.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Text with its NUL.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Opaque bytes.
    Opaque(Vec<u8>),
    /// Numbers of two bytes.
    Shorts(Vec<u16>),
    /// Numbers of four bytes.
    Longs(Vec<u32>),
    /// Fractions.
    Ratios(Vec<(u32, u32)>),
    /// A claim of this kind and count that points to this byte, whatever is there.
    Stray(u16, u32, u32),
}

impl Value {
    fn kind_and_count(&self) -> (u16, u32) {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        match self {
            Self::Text(text) => (2, count(text.len() + 1)),
            Self::Bytes(bytes) => (1, count(bytes.len())),
            Self::Opaque(bytes) => (7, count(bytes.len())),
            Self::Shorts(numbers) => (3, count(numbers.len())),
            Self::Longs(numbers) => (4, count(numbers.len())),
            Self::Ratios(ratios) => (5, count(ratios.len())),
            Self::Stray(kind, count, _) => (*kind, *count),
        }
    }

    fn bytes(&self, order: Order) -> Vec<u8> {
        match self {
            Self::Text(text) => [text.as_bytes(), &[0]].concat(),
            Self::Bytes(bytes) | Self::Opaque(bytes) => bytes.clone(),
            Self::Shorts(numbers) => numbers.iter().flat_map(|n| order.short(*n)).collect(),
            Self::Longs(numbers) => numbers.iter().flat_map(|n| order.long(*n)).collect(),
            Self::Ratios(ratios) => ratios
                .iter()
                .flat_map(|(num, denom)| [order.long(*num), order.long(*denom)].concat())
                .collect(),
            Self::Stray(_, _, at) => order.long(*at).to_vec(),
        }
    }
}

/// What is wrong with the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The main directory names itself as the next one.
    NextIsItself,
    /// The EXIF pointer names the main directory.
    ExifIsPrimary,
    /// The GPS pointer names the EXIF directory.
    GpsIsExif,
    /// The EXIF pointer lies behind the end.
    ExifOutside,
    /// The GPS pointer lies behind the end.
    GpsOutside,
    /// The next directory lies behind the end.
    NextOutside,
    /// The GPS directory names a next one.
    StrayNext,
    /// The main directory claims more entries than there are.
    TooManyEntries,
    /// The block ends in the middle of its values.
    Cut,
    /// Its first bytes are not those of a TIFF structure.
    BadHeader,
}

/// A block to be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Entries of the main picture.
    pub(super) primary: Vec<(u16, Value)>,
    /// Entries of the EXIF part.
    pub(super) exif: Vec<(u16, Value)>,
    /// Entries of the GPS part.
    pub(super) gps: Vec<(u16, Value)>,
    /// A small JPEG.
    pub(super) thumbnail: Vec<u8>,
    /// What is wrong.
    pub(super) fault: Fault,
}

const OUTSIDE: u32 = 0x7FFF_FFF0;
const EXIF_POINTER: u16 = 0x8769;
const GPS_POINTER: u16 = 0x8825;

impl Block {
    /// Whether there is anything to write.
    pub(super) fn is_empty(&self) -> bool {
        self.primary.is_empty() && self.exif.is_empty() && self.gps.is_empty()
    }

    /// The bytes, from the TIFF header on.
    pub(super) fn write(&self, order: Order) -> Vec<u8> {
        let len = |entries: &[(u16, Value)]| directory_len(entries, order);
        let mut primary = self.primary.clone();
        if !self.exif.is_empty() {
            primary.push((EXIF_POINTER, Value::Longs(vec![0])));
        }
        if !self.gps.is_empty() {
            primary.push((GPS_POINTER, Value::Longs(vec![0])));
        }
        let exif_at = 8 + len(&primary);
        let gps_at = exif_at
            + if self.exif.is_empty() {
                0
            } else {
                len(&self.exif)
            };
        let next_at = gps_at
            + if self.gps.is_empty() {
                0
            } else {
                len(&self.gps)
            };
        self.point(&mut primary, (exif_at, gps_at));
        let mut out = match order {
            Order::Little => b"II*\0".to_vec(),
            Order::Big => b"MM\0*".to_vec(),
        };
        out.extend(order.long(8));
        directory(&mut out, &primary, order, self.next(next_at));
        if !self.exif.is_empty() {
            directory(&mut out, &self.exif, order, 0);
        }
        if !self.gps.is_empty() {
            let stray = if self.fault == Fault::StrayNext {
                OUTSIDE
            } else {
                0
            };
            directory(&mut out, &self.gps, order, stray);
        }
        if !self.thumbnail.is_empty() {
            let small = |at| {
                let len = u32::try_from(self.thumbnail.len()).unwrap_or(0);
                vec![
                    (0x0201, Value::Longs(vec![at])),
                    (0x0202, Value::Longs(vec![len])),
                ]
            };
            let at = next_at + len(&small(0));
            directory(&mut out, &small(at), order, 0);
            out.extend(&self.thumbnail);
        }
        self.spoil(&mut out, order);
        out
    }

    fn next(&self, next_at: u32) -> u32 {
        if self.fault == Fault::NextIsItself {
            8
        } else if self.fault == Fault::NextOutside {
            OUTSIDE
        } else if self.thumbnail.is_empty() {
            0
        } else {
            next_at
        }
    }

    fn point(&self, primary: &mut [(u16, Value)], (mut exif_at, mut gps_at): (u32, u32)) {
        if self.fault == Fault::GpsIsExif {
            gps_at = exif_at;
        } else if self.fault == Fault::GpsOutside {
            gps_at = OUTSIDE;
        } else if self.fault == Fault::ExifIsPrimary {
            exif_at = 8;
        } else if self.fault == Fault::ExifOutside {
            exif_at = OUTSIDE;
        }
        for (tag, value) in primary {
            match *tag {
                EXIF_POINTER => *value = Value::Longs(vec![exif_at]),
                GPS_POINTER => *value = Value::Longs(vec![gps_at]),
                _ => {}
            }
        }
    }

    fn spoil(&self, out: &mut Vec<u8>, order: Order) {
        if self.fault == Fault::TooManyEntries {
            out.splice(8..10, order.short(0xFFF0));
        } else if self.fault == Fault::Cut {
            out.truncate(out.len() * 3 / 5);
        } else if self.fault == Fault::BadHeader {
            out.splice(0..2, *b"XX");
        }
    }
}

fn directory_len(entries: &[(u16, Value)], order: Order) -> u32 {
    let values: usize = entries
        .iter()
        .map(|(_, value)| value.bytes(order).len())
        .filter(|len| *len > 4)
        .map(|len| len + len % 2)
        .sum();
    u32::try_from(2 + entries.len() * 12 + 4 + values).unwrap_or(0)
}

fn directory(out: &mut Vec<u8>, entries: &[(u16, Value)], order: Order, next: u32) {
    let mut entries: Vec<&(u16, Value)> = entries.iter().collect();
    entries.sort_by_key(|(tag, _)| *tag);
    let count = u16::try_from(entries.len()).unwrap_or(0);
    let mut values_at = out.len() + 2 + entries.len() * 12 + 4;
    let mut values = Vec::new();
    out.extend(order.short(count));
    for (tag, value) in entries {
        let (kind, count) = value.kind_and_count();
        let mut bytes = value.bytes(order);
        out.extend(order.short(*tag));
        out.extend(order.short(kind));
        out.extend(order.long(count));
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            out.extend(bytes);
        } else {
            out.extend(order.long(u32::try_from(values_at).unwrap_or(0)));
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            values_at += bytes.len();
            values.extend(bytes);
        }
    }
    out.extend(order.long(next));
    out.extend(values);
}
