//! Reads the XMP packet of a photo: what editors and newer phones write beside EXIF.
//!
//! The packet comes from the container walkers; a flat list of properties goes to `claims`. XML is
//! read by `quick-xml`, which expands no entities of the packet's own, so there is nothing to
//! blow up; depth, steps, values and their lengths are counted. What stands before a break is
//! kept, and the break is told.
//!
//! Refused: languages, alternatives and structures: the first text of a property is its value.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Deeper than any writer nests.
const MAX_DEPTH: usize = 48;
/// More tags, texts and attributes than any writer's packet has; together with the parser's own
/// bound of 128 name spaces it keeps a hostile mebibyte under a few milliseconds.
const MAX_PIECES: usize = 20_000;
/// Properties kept.
const MAX_PROPERTIES: usize = 512;
/// Longer values are cut.
const MAX_VALUE_CHARS: usize = 256;

/// Properties whose names are all that is looked at, by namespace.
const SPACES: &[(&str, &str)] = &[
    ("http://ns.adobe.com/exif/1.0/", "exif"),
    ("http://ns.adobe.com/tiff/1.0/", "tiff"),
    ("http://ns.adobe.com/xap/1.0/", "xmp"),
    ("http://ns.adobe.com/photoshop/1.0/", "photoshop"),
    ("http://ns.adobe.com/exif/1.0/aux/", "aux"),
    ("http://cipa.jp/exif/1.0/", "exifEX"),
    ("http://ns.adobe.com/xap/1.0/mm/", "xmpMM"),
    ("http://ns.adobe.com/xap/1.0/sType/ResourceEvent#", "stEvt"),
    ("http://ns.adobe.com/xap/1.0/sType/ResourceRef#", "stRef"),
    ("http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf"),
];

/// What a packet says.
#[derive(Debug, Default)]
pub(super) struct Packet {
    properties: Vec<(String, String)>,
    /// Why reading stopped before the end.
    pub(super) broken: Option<String>,
}

impl Packet {
    /// The first value of a property such as `exif:GPSLatitude`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.properties.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// All its values, in order.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.properties
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn keep(&mut self, name: &str, value: &str) {
        if self.properties.len() >= MAX_PROPERTIES {
            return;
        }
        let value: String = value
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_VALUE_CHARS)
            .collect();
        if !value.is_empty() {
            self.properties.push((name.to_owned(), value));
        }
    }
}

/// Reads a packet; never fails, whatever is in it.
pub(super) fn read(packet: &[u8]) -> Packet {
    // Bytes behind the root (padding, a NUL) are no business of the parser's.
    let packet = packet.split(|byte| *byte == 0).next().unwrap_or_default();
    let packet = String::from_utf8_lossy(packet);
    let mut walk = Walk {
        reader: NsReader::from_str(&packet),
        open: Vec::new(),
        pieces: 0,
        found: Packet::default(),
    };
    if let Err(why) = walk.all() {
        walk.found.broken = Some(why);
    }
    walk.found
}

struct Walk<'p> {
    reader: NsReader<&'p [u8]>,
    open: Vec<Option<String>>,
    pieces: usize,
    found: Packet,
}

impl Walk<'_> {
    fn all(&mut self) -> Result<(), String> {
        loop {
            self.count()?;
            match self
                .reader
                .read_event()
                .map_err(|error| error.to_string())?
            {
                Event::Start(element) => {
                    if self.open.len() >= MAX_DEPTH {
                        return Err(format!("nested more than {MAX_DEPTH} deep"));
                    }
                    self.attributes(&element)?;
                    let (space, local) = self.reader.resolver().resolve_element(element.name());
                    self.open.push(short_name(&space, local.as_ref()));
                }
                Event::Empty(element) => self.attributes(&element)?,
                Event::End(_) => {
                    self.open.pop();
                }
                Event::Text(text) => self.text(&text),
                Event::CData(text) => self.text(&text),
                Event::Eof if self.open.is_empty() => return Ok(()),
                Event::Eof => return Err("it ends inside an element".to_owned()),
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
                // What `&amp;` stands for is in no name and no number.
                Event::GeneralRef(_) => {}
            }
        }
    }

    fn count(&mut self) -> Result<(), String> {
        self.pieces += 1;
        if self.pieces > MAX_PIECES {
            return Err(format!("more than {MAX_PIECES} pieces"));
        }
        Ok(())
    }

    /// A text belongs to the nearest element around it that is no list.
    fn text(&mut self, text: &str) {
        let mut owners = self.open.iter().rev().flatten();
        if let Some(name) = owners.find(|name| !name.starts_with("rdf:")) {
            self.found.keep(name, text);
        }
    }

    fn attributes(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        for attribute in element.attributes().with_checks(false) {
            self.count()?;
            let attribute = attribute.map_err(|error| error.to_string())?;
            let (space, local) = self.reader.resolver().resolve_attribute(attribute.key);
            if let Some(name) = short_name(&space, local.as_ref()) {
                let value = attribute
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map_err(|error| error.to_string())?;
                self.found.keep(&name, &value);
            }
        }
        Ok(())
    }
}

fn short_name(space: &ResolveResult<'_>, local: &str) -> Option<String> {
    let ResolveResult::Bound(space) = space else {
        return None;
    };
    let (_, short) = SPACES.iter().find(|(uri, _)| *uri == space.as_ref())?;
    Some(format!("{short}:{local}"))
}
