//! Walks the boxes of a HEIF file: the primary picture's size and turn, EXIF and XMP.
//!
//! Only the `meta` box is read, at most a mebibyte of it; picture data are skipped by seeking.
//! HEIF keeps turns and mirrors in its own boxes (`irot`, `imir`); EXIF orientation beside it is a mere remark.
//! HEVC is not decoded here: the phone's platform does that.

use std::io::{Read, Seek};

use super::boxes::Bytes;
use super::container::Layout;
use super::source::{Source, Stop};
use super::{BoxTurn, MAX_METADATA_BYTES, MediaType, MirrorAxis, ProblemCode, Size};

/// A bound against endless empty boxes.
const MAX_BOXES: usize = 10_000;

/// The kind of photo that the `ftyp` box at the start of `head` names.
pub(super) fn brand(head: &[u8]) -> Option<MediaType> {
    let mut bytes = Bytes(head);
    let size = usize::try_from(bytes.u32()?).ok()?;
    if bytes.array()? != *b"ftyp" {
        return None;
    }
    let major: [u8; 4] = bytes.array()?;
    if let Some(kind) = kind_of(major) {
        return Some(kind);
    }
    bytes.u32()?;
    // A brand nobody knows may still be compatible with one that is; AVIF is not read here.
    let compatible = bytes.0.get(..size.saturating_sub(16)).unwrap_or(bytes.0);
    let brands = || {
        compatible
            .chunks_exact(4)
            .filter_map(|brand| <[u8; 4]>::try_from(brand).ok())
    };
    if [*b"avif", *b"avis"]
        .iter()
        .any(|avif| *avif == major || brands().any(|brand| brand == *avif))
    {
        return None;
    }
    brands().find_map(kind_of)
}

fn kind_of(brand: [u8; 4]) -> Option<MediaType> {
    match &brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some(MediaType::Heic),
        b"mif1" | b"msf1" => Some(MediaType::Heif),
        _ => None,
    }
}

/// The whole file.
pub(super) fn walk<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
) -> Result<(), Stop> {
    for _ in 0..MAX_BOXES {
        if source.left() == 0 {
            return Ok(());
        }
        let start = source.at();
        let short = u32::from_be_bytes(source.array()?);
        let kind: [u8; 4] = source.array()?;
        let (size, head) = match short {
            0 => (source.left() + 8, 8),
            1 => (u64::from_be_bytes(source.array()?), 16),
            size => (size.into(), 8),
        };
        let Some(body) = size.checked_sub(head) else {
            return Err(Stop::Broken(format!(
                "box at byte {start} has length {size}"
            )));
        };
        match usize::try_from(body) {
            Ok(len) if kind == *b"meta" && len <= MAX_METADATA_BYTES => {
                let meta = source.bytes(len)?;
                let end = source.at();
                read_meta(source, layout, &meta)?;
                source.seek_to(end)?;
            }
            _ => {
                if kind == *b"meta" {
                    layout.note_metadata_too_large(body);
                }
                source.skip(body)?;
            }
        }
    }
    Err(Stop::Broken(format!("more than {MAX_BOXES} boxes")))
}

/// The boxes inside `meta` that matter here.
#[derive(Default)]
struct Meta<'a> {
    primary: Option<u32>,
    items: Items,
    locations: Option<Bytes<'a>>,
    properties: Option<Bytes<'a>>,
    inline: &'a [u8],
}

/// Items that hold metadata.
#[derive(Default, Clone, Copy)]
struct Items {
    exif: Option<u32>,
    xmp: Option<u32>,
}

fn read_meta<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
    meta: &[u8],
) -> Result<(), Stop> {
    let mut found = Meta::default();
    let mut bytes = Bytes(meta);
    bytes.full();
    while let Some((kind, mut body)) = bytes.next_box() {
        match &kind {
            b"pitm" => found.primary = body.full().and_then(|(version, _)| body.id(version > 0)),
            b"iinf" => read_items(body, &mut found.items),
            b"iloc" => found.locations = Some(body),
            b"iprp" => found.properties = Some(body),
            b"idat" => found.inline = body.0,
            _ => {}
        }
    }
    let picture = found
        .primary
        .and_then(|item| picture(found.properties?, item));
    if let Some((size, turn)) = picture {
        layout.stored = Some(size);
        layout.turn = turn;
    }
    if let Some(item) = found.items.exif {
        match read_item(source, layout, &found, item)? {
            Found::Item { bytes, at } => keep_exif(layout, &bytes, at),
            Found::TooLarge => {}
            Found::Nowhere => layout.note(
                ProblemCode::ExifUnreadable,
                "the file does not say where its EXIF item is",
            ),
        }
    }
    if let Some(item) = found.items.xmp
        && let Found::Item { bytes, .. } = read_item(source, layout, &found, item)?
    {
        layout.keep_xmp(bytes);
    }
    Ok(())
}

fn read_items(mut bytes: Bytes<'_>, items: &mut Items) {
    let Some((version, _)) = bytes.full() else {
        return;
    };
    bytes.id(version > 0);
    while let Some((kind, entry)) = bytes.next_box() {
        if kind == *b"infe" {
            read_item_entry(entry, items);
        }
    }
}

fn read_item_entry(mut entry: Bytes<'_>, items: &mut Items) -> Option<()> {
    let (version, _) = entry.full()?;
    if version < 2 {
        return None;
    }
    let item = entry.id(version > 2)?;
    entry.u16()?;
    match &entry.array()? {
        b"Exif" => items.exif = items.exif.or(Some(item)),
        b"mime" => {
            // A name comes first, then the type.
            let content = entry.0.split(|byte| *byte == 0).nth(1)?;
            if content == b"application/rdf+xml" {
                items.xmp = items.xmp.or(Some(item));
            }
        }
        _ => {}
    }
    Some(())
}

/// Size of an item as stored, and how it is turned.
fn picture(mut properties: Bytes<'_>, item: u32) -> Option<(Size, Option<BoxTurn>)> {
    let mut all = Vec::new();
    let mut mine = Vec::new();
    while let Some((kind, mut body)) = properties.next_box() {
        match &kind {
            b"ipco" => {
                while let Some(property) = body.next_box() {
                    all.push(property);
                }
            }
            b"ipma" => mine.extend(associations(body, item).unwrap_or_default()),
            _ => {}
        }
    }
    let (mut size, mut turn) = (None, None::<BoxTurn>);
    for index in mine {
        let Some((kind, mut body)) = index.checked_sub(1).and_then(|at| all.get(at)).copied()
        else {
            continue;
        };
        match &kind {
            b"ispe" if size.is_none() => {
                body.full()?;
                size = Some(Size {
                    width: body.u32()?,
                    height: body.u32()?,
                });
            }
            b"irot" => {
                let turn = turn.get_or_insert_default();
                turn.quarters = (turn.quarters + (body.u8()? & 3)) % 4;
            }
            b"imir" => {
                let axis = match body.u8()? & 1 {
                    0 => MirrorAxis::Vertical,
                    _ => MirrorAxis::Horizontal,
                };
                turn.get_or_insert_default().mirror = Some(axis);
            }
            _ => {}
        }
    }
    size.map(|size| (size, turn))
}

/// Which properties belong to an item, counted from one.
fn associations(mut bytes: Bytes<'_>, item: u32) -> Option<Vec<usize>> {
    let (version, flags) = bytes.full()?;
    let entries = bytes.u32()?;
    let mut mine = Vec::new();
    for _ in 0..entries {
        let owner = bytes.id(version > 0)?;
        for _ in 0..bytes.u8()? {
            let index = if flags & 1 == 1 {
                bytes.u16()? & 0x7FFF
            } else {
                u16::from(bytes.u8()? & 0x7F)
            };
            if owner == item {
                mine.push(usize::from(index));
            }
        }
    }
    Some(mine)
}

/// One piece of an item: in the file, or in the `idat` box.
struct Extent {
    inline: bool,
    at: u64,
    len: u64,
}

fn extents(mut bytes: Bytes<'_>, item: u32) -> Option<Vec<Extent>> {
    let (version, _) = bytes.full()?;
    let [sizes, more] = bytes.array()?;
    let (offset_bytes, length_bytes, base_bytes) = (sizes >> 4, sizes & 15, more >> 4);
    let index_bytes = if version == 0 { 0 } else { more & 15 };
    for _ in 0..bytes.id(version > 1)? {
        let owner = bytes.id(version > 1)?;
        let method = if version == 0 { 0 } else { bytes.u16()? & 15 };
        bytes.u16()?;
        let base = bytes.sized(base_bytes)?;
        let mut mine = Vec::new();
        let count = bytes.u16()?;
        // Pieces that take no bytes would make a small box endless.
        if count > 1 && index_bytes + offset_bytes + length_bytes == 0 {
            return None;
        }
        for _ in 0..count {
            bytes.sized(index_bytes)?;
            let at = base.checked_add(bytes.sized(offset_bytes)?)?;
            mine.push(Extent {
                inline: method == 1,
                at,
                len: bytes.sized(length_bytes)?,
            });
        }
        if owner == item {
            return (method < 2).then_some(mine);
        }
    }
    None
}

/// What a look for an item's bytes gives.
enum Found {
    /// Its bytes, and where they start if they lie in one piece of the file.
    Item { bytes: Vec<u8>, at: Option<u64> },
    /// More than is read; noted.
    TooLarge,
    /// The file does not say where it is.
    Nowhere,
}

fn read_item<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
    meta: &Meta<'_>,
    item: u32,
) -> Result<Found, Stop> {
    let Some(extents) = meta
        .locations
        .and_then(|locations| extents(locations, item))
    else {
        return Ok(Found::Nowhere);
    };
    let total = extents
        .iter()
        .fold(0_u64, |sum, extent| sum.saturating_add(extent.len));
    if total > layout.metadata_left() as u64 {
        layout.note_metadata_too_large(total);
        return Ok(Found::TooLarge);
    }
    let mut bytes = Vec::new();
    for Extent { inline, at, len } in &extents {
        // The sum was checked, so each length fits.
        let len = usize::try_from(*len).unwrap_or(0);
        if *inline {
            let from = usize::try_from(*at).unwrap_or(usize::MAX);
            let Some(piece) = meta.inline.get(from..).and_then(|rest| rest.get(..len)) else {
                return Err(Stop::End);
            };
            bytes.extend_from_slice(piece);
        } else {
            source.seek_to(*at)?;
            bytes.extend(source.bytes(len)?);
        }
    }
    let at = match extents.as_slice() {
        [one] if !one.inline => Some(one.at),
        _ => None,
    };
    Ok(Found::Item { bytes, at })
}

/// The item starts with the distance to the TIFF header.
fn keep_exif(layout: &mut Layout, item: &[u8], at: Option<u64>) {
    let mut bytes = Bytes(item);
    let gap = bytes.u32();
    let block = gap.and_then(|gap| bytes.0.get(usize::try_from(gap).ok()?..));
    match (block, gap) {
        (Some(block), Some(gap)) => {
            layout.keep_exif(block.to_vec(), at.map(|at| at + 4 + u64::from(gap)));
        }
        _ => layout.note(
            ProblemCode::ExifUnreadable,
            "the EXIF item is shorter than its own header",
        ),
    }
}
