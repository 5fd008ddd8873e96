//! Puts EXIF blocks and XMP packets into the files that phones, scanners and messengers write.
//!
//! Blocks come from `block`; files go to `corpus`. Pixels are the same few for all, for only what
//! stands around them is looked at.

use super::block::{Block, Order, Value};

/// Kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// JPEG.
    Jpeg,
    /// PNG with `eXIf` and `iTXt`.
    Png,
    /// Extended WebP.
    Webp,
    /// HEIC without a picture worth the name.
    Heic,
    /// TIFF.
    Tiff,
}

impl Container {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::Jpeg, Self::Png, Self::Webp, Self::Heic, Self::Tiff];

    /// What file names end in.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Heic => "heic",
            Self::Tiff => "tif",
        }
    }
}

/// Size of every picture of the corpus.
pub(super) const WIDTH: u16 = 24;
/// Likewise.
pub(super) const HEIGHT: u16 = 16;

/// What a file carries.
#[derive(Debug, Clone, Default)]
pub(super) struct Cargo {
    /// EXIF.
    pub(super) block: Block,
    /// XMP, nothing if empty.
    pub(super) xmp: String,
    /// HEIC: quarter turns, and the axis of a mirror.
    pub(super) turn: Option<(u8, Option<u8>)>,
}

/// The file.
pub(super) fn wrap(container: Container, cargo: &Cargo, order: Order) -> Vec<u8> {
    let block = if cargo.block.is_empty() {
        Vec::new()
    } else {
        cargo.block.write(order)
    };
    let xmp = cargo.xmp.as_bytes();
    match container {
        Container::Jpeg => jpeg(&block, xmp),
        Container::Png => png(&block, xmp),
        Container::Webp => webp(&block, xmp),
        Container::Heic => heic(&block, xmp, cargo.turn),
        Container::Tiff => tiff(cargo, order),
    }
}

fn pixels() -> Vec<u8> {
    (0..u32::from(WIDTH) * u32::from(HEIGHT))
        .flat_map(|at| [at % 251, at * 7 % 241, at * 13 % 239])
        .map(|light| u8::try_from(light).unwrap_or(0))
        .collect()
}

/// A small JPEG without metadata.
pub(super) fn plain_jpeg() -> Vec<u8> {
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 85);
    let encoded = encoder.encode(&pixels(), WIDTH, HEIGHT, jpeg_encoder::ColorType::Rgb);
    if encoded.is_err() {
        jpeg.clear();
    }
    jpeg
}

fn jpeg(block: &[u8], xmp: &[u8]) -> Vec<u8> {
    let plain = plain_jpeg();
    let (soi, rest) = plain.split_at(plain.len().min(2));
    let segment = |label: &[u8], body: &[u8]| {
        let len = u16::try_from(2 + label.len() + body.len()).unwrap_or(2);
        [&[0xFF, 0xE1], len.to_be_bytes().as_slice(), label, body].concat()
    };
    let mut out = soi.to_vec();
    if !block.is_empty() {
        out.extend(segment(b"Exif\0\0", block));
    }
    if !xmp.is_empty() {
        out.extend(segment(b"http://ns.adobe.com/xap/1.0/\0", xmp));
    }
    out.extend(rest);
    out
}

fn encoded(format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_raw(WIDTH.into(), HEIGHT.into(), pixels());
    // The few pixels are there, and a Vec takes every byte.
    let _infallible = picture.map(|picture| picture.write_to(&mut bytes, format));
    bytes.into_inner()
}

fn png(block: &[u8], xmp: &[u8]) -> Vec<u8> {
    let plain = encoded(image::ImageFormat::Png);
    // Signature and IHDR come first: 8 and 25 bytes.
    let (head, rest) = plain.split_at(plain.len().min(33));
    let mut out = head.to_vec();
    if !block.is_empty() {
        out.extend(png_chunk(b"eXIf", block));
    }
    if !xmp.is_empty() {
        let text = [b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), xmp].concat();
        out.extend(png_chunk(b"iTXt", &text));
    }
    out.extend(rest);
    out
}

fn png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).unwrap_or(0);
    let named = [kind.as_slice(), body].concat();
    let sum = crc32(&named);
    [len.to_be_bytes().as_slice(), &named, &sum.to_be_bytes()].concat()
}

/// The checksum of PNG chunks, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                (sum >> 1) ^ 0xEDB8_8320
            } else {
                sum >> 1
            };
        }
    }
    !sum
}

fn webp(block: &[u8], xmp: &[u8]) -> Vec<u8> {
    let plain = encoded(image::ImageFormat::WebP);
    let picture = plain.get(12..).unwrap_or_default();
    let side = |pixels: u16| u32::from(pixels.saturating_sub(1)).to_le_bytes();
    let flags = u8::from(!block.is_empty()) << 3 | u8::from(!xmp.is_empty()) << 2;
    let [w0, w1, w2, _] = side(WIDTH);
    let [h0, h1, h2, _] = side(HEIGHT);
    let mut chunks = riff_chunk(b"VP8X", &[flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]);
    chunks.extend(picture);
    if !block.is_empty() {
        chunks.extend(riff_chunk(b"EXIF", block));
    }
    if !xmp.is_empty() {
        chunks.extend(riff_chunk(b"XMP ", xmp));
    }
    riff_chunk(b"RIFF", &[b"WEBP".as_slice(), &chunks].concat())
}

fn riff_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).unwrap_or(0);
    let mut out = [kind.as_slice(), &len.to_le_bytes(), body].concat();
    if body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

/// A box of an ISO base media file.
pub(super) fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 8).unwrap_or(0);
    [&len.to_be_bytes(), kind.as_slice(), body].concat()
}

fn heic(block: &[u8], xmp: &[u8], turn: Option<(u8, Option<u8>)>) -> Vec<u8> {
    let brand = boxed(b"ftyp", b"heic\0\0\0\0mif1heic");
    let exif = if block.is_empty() {
        Vec::new()
    } else {
        [b"\0\0\0\x06Exif\0\0".as_slice(), block].concat()
    };
    // Places are counted from the beginning of the file, so the length of what comes before is
    // found by writing it once with nothing in it.
    let meta = |at: usize| heic_meta((&exif, xmp), turn, at);
    let data_at = brand.len() + meta(0).len() + 8;
    [brand, meta(data_at), boxed(b"mdat", &[&exif, xmp].concat())].concat()
}

fn heic_meta(
    (exif, xmp): (&[u8], &[u8]),
    turn: Option<(u8, Option<u8>)>,
    data_at: usize,
) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or(0).to_be_bytes();
    let entry = |item: u8, kind: &[u8], rest: &[u8]| {
        boxed(
            b"infe",
            &[&[2, 0, 0, 0, 0, item, 0, 0], kind, rest].concat(),
        )
    };
    let mut entries = vec![entry(1, b"hvc1", b"\0")];
    let mut places = Vec::new();
    let mut place = |item: u8, at: usize, len: usize| {
        places.push([&[0, item, 0, 0, 0, 1], number(at).as_slice(), &number(len)].concat());
    };
    if !exif.is_empty() {
        entries.push(entry(2, b"Exif", b"\0"));
        place(2, data_at, exif.len());
    }
    if !xmp.is_empty() {
        entries.push(entry(3, b"mime", b"\0application/rdf+xml\0"));
        place(3, data_at + exif.len(), xmp.len());
    }
    let count = |len: usize| u8::try_from(len).unwrap_or(0);
    let listed = [
        &[0, 0, 0, 0, 0, count(entries.len())],
        entries.concat().as_slice(),
    ]
    .concat();
    let located = [
        &[0, 0, 0, 0, 0x44, 0, 0, count(places.len())],
        places.concat().as_slice(),
    ]
    .concat();
    let body = [
        vec![0; 4],
        boxed(b"hdlr", b"\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        boxed(b"pitm", &[0, 0, 0, 0, 0, 1]),
        boxed(b"iinf", &listed),
        boxed(b"iprp", &heic_properties(turn)),
        boxed(b"iloc", &located),
    ];
    boxed(b"meta", &body.concat())
}

/// Size and turns of the one picture.
fn heic_properties(turn: Option<(u8, Option<u8>)>) -> Vec<u8> {
    let side = |pixels: u16| u32::from(pixels).to_be_bytes();
    let size = [[0; 4], side(WIDTH), side(HEIGHT)].concat();
    let mut properties = boxed(b"ispe", &size);
    let mut owned = vec![0x81];
    if let Some((quarters, mirror)) = turn {
        properties.extend(boxed(b"irot", &[quarters]));
        owned.push(0x82);
        if let Some(axis) = mirror {
            properties.extend(boxed(b"imir", &[axis]));
            owned.push(0x83);
        }
    }
    let count = u8::try_from(owned.len()).unwrap_or(0);
    let associations = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, count], owned.as_slice()].concat();
    [boxed(b"ipco", &properties), boxed(b"ipma", &associations)].concat()
}

fn tiff(cargo: &Cargo, order: Order) -> Vec<u8> {
    let mut block = cargo.block.clone();
    block.primary.extend([
        (0x0100, Value::Shorts(vec![WIDTH])),
        (0x0101, Value::Shorts(vec![HEIGHT])),
        (0x0102, Value::Shorts(vec![8])),
        (0x0103, Value::Shorts(vec![1])),
        (0x0106, Value::Shorts(vec![1])),
    ]);
    if !cargo.xmp.is_empty() {
        block
            .primary
            .push((0x02BC, Value::Bytes(cargo.xmp.clone().into_bytes())));
    }
    block.write(order)
}
