//! Walks the segments of a JPEG: size, EXIF block, colour labels, and whether the scan is whole.
//!
//! Segments are skipped by seeking; the coded scan is searched only for markers. A marker that
//! cannot stand inside a scan is damage, the missing end marker is a cut. Decodes nothing.

use std::io::{Read, Seek};

use super::container::{Coding, Layout};
use super::source::{Source, Stop};
use super::{ProblemCode, Size};

/// More segments than any camera writes; a bound against endless tiny ones.
const MAX_SEGMENTS: usize = 10_000;

const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// What a segment asks the walker to do next.
enum Next {
    Segment,
    /// Coded data follow; other scans may come after it, or not.
    Scan(Scans),
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scans {
    /// This one holds all components, so only its end may follow.
    Last,
    More,
}

/// The whole file.
pub(super) fn walk<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
) -> Result<(), Stop> {
    source.seek_to(2)?;
    let mut waiting = None;
    let mut scanned = false;
    for _ in 0..MAX_SEGMENTS {
        let marker = match waiting.take() {
            Some(marker) => marker,
            None => next_marker(source)?,
        };
        match segment(source, layout, marker)? {
            Next::Segment => {}
            Next::Scan(scans) => {
                scanned = true;
                waiting = Some(search_scan(source, layout, scans)?);
            }
            Next::End if scanned => return Ok(()),
            Next::End => {
                return Err(Stop::Broken(
                    "the end marker comes before any picture".to_owned(),
                ));
            }
        }
    }
    Err(Stop::Broken(format!("more than {MAX_SEGMENTS} segments")))
}

/// Only up to the first scan.
pub(super) fn walk_head<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
) -> Result<(), Stop> {
    source.seek_to(2)?;
    for _ in 0..MAX_SEGMENTS {
        let marker = next_marker(source)?;
        match segment(source, layout, marker)? {
            Next::Segment => {}
            Next::Scan(_) | Next::End => return Ok(()),
        }
    }
    Err(Stop::Broken(format!("more than {MAX_SEGMENTS} segments")))
}

fn next_marker<R: Read + Seek>(source: &mut Source<'_, R>) -> Result<u8, Stop> {
    loop {
        source.skip_past(0xFF)?;
        let mut code = source.byte()?;
        while code == 0xFF {
            code = source.byte()?;
        }
        if code != 0 {
            return Ok(code);
        }
    }
}

fn segment<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
    marker: u8,
) -> Result<Next, Stop> {
    match marker {
        EOI => return Ok(Next::End),
        // Markers without a length: TEM, restarts, a second SOI.
        0x01 | 0xD0..=0xD8 => return Ok(Next::Segment),
        _ => {}
    }
    let start = source.at();
    let len = u16::from_be_bytes(source.array()?);
    let Some(body) = len.checked_sub(2) else {
        return Err(Stop::Broken(format!(
            "segment {marker:#04x} at byte {start} has length {len}"
        )));
    };
    let end = source.at() + u64::from(body);
    let mut next = Next::Segment;
    match marker {
        // Every SOF but DHT, JPG and DAC, which share the range.
        0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if body >= 6 => {
            frame(source, layout, marker)?
        }
        SOS if body >= 1 => {
            let in_scan = source.byte()?;
            let last = layout.coding == Coding::Sequential && in_scan == layout.components;
            next = Next::Scan(if last { Scans::Last } else { Scans::More });
        }
        0xE0 if body >= 5 => layout.jfif |= source.array()? == *b"JFIF\0",
        0xE1 if body >= 6 => application(source, layout, body)?,
        0xED if body >= 14 && source.array()? == *b"Photoshop 3.0\0" => {
            layout.photoshop_at = Some(start);
        }
        0xEE if body >= 12 => {
            let label: [u8; 12] = source.array()?;
            if let [b'A', b'd', b'o', b'b', b'e', .., transform] = label {
                layout.adobe = Some(transform);
            }
        }
        _ => {}
    }
    let rest = end.saturating_sub(source.at());
    source.skip(rest)?;
    Ok(next)
}

fn frame<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
    marker: u8,
) -> Result<(), Stop> {
    let [_precision, h1, h0, w1, w0, components] = source.array()?;
    if layout.stored.is_none() {
        layout.stored = Some(Size {
            width: u16::from_be_bytes([w1, w0]).into(),
            height: u16::from_be_bytes([h1, h0]).into(),
        });
        layout.components = components;
        layout.coding = match marker {
            0xC0 | 0xC1 => Coding::Sequential,
            0xC2 => Coding::Progressive,
            _ => Coding::WholeFrame,
        };
    }
    Ok(())
}

/// EXIF and XMP share a marker and are told apart by their label.
fn application<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
    body: u16,
) -> Result<(), Stop> {
    const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    let start = source.at();
    let label: [u8; 6] = source.array()?;
    // A cut block is still handed on: what it holds may be readable.
    let rest = |source: &Source<'_, R>, wanted: usize| {
        usize::try_from(source.left())
            .unwrap_or(usize::MAX)
            .min(wanted)
    };
    if label.starts_with(b"Exif\0") && layout.exif.is_none() {
        let there = rest(source, usize::from(body) - label.len());
        let block = source.bytes(there)?;
        layout.keep_exif(block, Some(start + 6));
    } else if XMP.starts_with(&label) && usize::from(body) > XMP.len() && layout.xmp.is_none() {
        let label = source.bytes(XMP.len() - label.len())?;
        if XMP.ends_with(&label) {
            let there = rest(source, usize::from(body) - XMP.len());
            let packet = source.bytes(there)?;
            layout.keep_xmp(packet);
        }
    }
    Ok(())
}

/// Goes through coded data to the next marker that ends it.
fn search_scan<R: Read + Seek>(
    source: &mut Source<'_, R>,
    layout: &mut Layout,
    scans: Scans,
) -> Result<u8, Stop> {
    loop {
        source.skip_past(0xFF)?;
        let mut code = source.byte()?;
        while code == 0xFF {
            code = source.byte()?;
        }
        match code {
            0x00 | 0xD0..=0xD7 => {}
            EOI => return Ok(code),
            // Tables, application data and further scans, where further scans are due.
            0xC4 | 0xCC | SOS | 0xDB | 0xDD | 0xE0..=0xEF | 0xFE if scans == Scans::More => {
                return Ok(code);
            }
            // The number of lines may follow the first scan.
            0xDC => return Ok(code),
            // Millions of strays say nothing that the first does not.
            _ if layout.has(ProblemCode::Damaged) => {}
            _ => {
                let at = source.at().saturating_sub(2);
                layout.note(
                    ProblemCode::Damaged,
                    format!("marker {code:#04x} inside the picture at byte {at}"),
                );
            }
        }
    }
}
