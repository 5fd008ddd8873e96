//! Small photos made on the spot: four coloured quarters, any EXIF, any damage.

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use jpeg_encoder::{ColorType, Encoder};

pub(super) const RED: [u8; 3] = [220, 30, 30];
pub(super) const GREEN: [u8; 3] = [30, 200, 40];
pub(super) const BLUE: [u8; 3] = [30, 40, 220];
pub(super) const WHITE: [u8; 3] = [250, 250, 250];

/// Red, green / blue, white quarters.
pub(super) fn quarters(width: u32, height: u32) -> Vec<u8> {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            rgb.extend(match (x * 2 < width, y * 2 < height) {
                (true, true) => RED,
                (false, true) => GREEN,
                (true, false) => BLUE,
                (false, false) => WHITE,
            });
        }
    }
    rgb
}

pub(super) fn jpeg(width: u16, height: u16, fields: &[Field]) -> Vec<u8> {
    let block = if fields.is_empty() {
        None
    } else {
        Some(exif(fields))
    };
    jpeg_with_block(width, height, block.as_deref())
}

pub(super) fn jpeg_with_block(width: u16, height: u16, block: Option<&[u8]>) -> Vec<u8> {
    encode(
        &quarters(width.into(), height.into()),
        width,
        height,
        ColorType::Rgb,
        block,
    )
}

pub(super) fn encode(
    pixels: &[u8],
    width: u16,
    height: u16,
    colour: ColorType,
    block: Option<&[u8]>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 92);
    if let Some(block) = block {
        encoder.add_exif_metadata(block).unwrap();
    }
    encoder.encode(pixels, width, height, colour).unwrap();
    bytes
}

pub(super) fn exif(fields: &[Field]) -> Vec<u8> {
    let mut writer = Writer::new();
    for field in fields {
        writer.push_field(field);
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    writer.write(&mut bytes, true).unwrap();
    bytes.into_inner()
}

pub(super) fn text(tag: Tag, text: &str) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Ascii(vec![text.as_bytes().to_vec()]),
    }
}

pub(super) fn short(tag: Tag, number: u16) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Short(vec![number]),
    }
}

pub(super) fn byte(tag: Tag, number: u8) -> Field {
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Byte(vec![number]),
    }
}

pub(super) fn fractions(tag: Tag, parts: &[(u32, u32)]) -> Field {
    let parts = parts
        .iter()
        .map(|&(num, denom)| Rational { num, denom })
        .collect();
    Field {
        tag,
        ifd_num: In::PRIMARY,
        value: Value::Rational(parts),
    }
}

/// 36° 50′ 2.4″ in the given hemisphere, 101° 57′ 7.2″ likewise.
pub(super) fn place(lat_ref: &str, lon_ref: &str) -> Vec<Field> {
    vec![
        text(Tag::GPSLatitudeRef, lat_ref),
        fractions(Tag::GPSLatitude, &[(36, 1), (50, 1), (24, 10)]),
        text(Tag::GPSLongitudeRef, lon_ref),
        fractions(Tag::GPSLongitude, &[(101, 1), (57, 1), (720, 100)]),
    ]
}

/// A shutter at 16:28:39 on the 22nd and satellites that say otherwise.
pub(super) fn times(gps_date: &str, gps_time: [(u32, u32); 3]) -> Vec<Field> {
    vec![
        text(Tag::DateTimeOriginal, "2008:10:22 16:28:39"),
        text(Tag::GPSDateStamp, gps_date),
        fractions(Tag::GPSTimeStamp, &gps_time),
    ]
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes(), kind.as_slice(), body].concat()
}

/// A HEIF file without pixels: size 40 × 30, turned by `quarters`, EXIF kept in `idat`.
pub(super) fn heif(brand: &[u8; 4], quarters: u8, block: &[u8]) -> Vec<u8> {
    let item = [&[0, 0, 0, 0], block].concat();
    let exif_len = u32::try_from(item.len()).unwrap().to_be_bytes();
    let infe = boxed(
        b"infe",
        &[&[2, 0, 0, 0, 0, 2, 0, 0], b"Exif".as_slice(), &[0]].concat(),
    );
    let ispe = boxed(b"ispe", &[0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 30]);
    let ipco = boxed(b"ipco", &[ispe, boxed(b"irot", &[quarters])].concat());
    let ipma = boxed(b"ipma", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0x81, 0x82]);
    let place = [
        &[
            1, 0, 0, 0, 0x44, 0, 0, 1, 0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0,
        ],
        exif_len.as_slice(),
    ]
    .concat();
    let meta = [
        vec![0, 0, 0, 0],
        boxed(b"pitm", &[0, 0, 0, 0, 0, 1]),
        boxed(b"iinf", &[vec![0, 0, 0, 0, 0, 1], infe].concat()),
        boxed(b"iprp", &[ipco, ipma].concat()),
        boxed(b"iloc", &place),
        boxed(b"idat", &item),
    ]
    .concat();
    let ftyp = boxed(
        b"ftyp",
        &[brand.as_slice(), &[0, 0, 0, 0], b"mif1"].concat(),
    );
    [ftyp, boxed(b"meta", &meta), boxed(b"mdat", &[0; 100])].concat()
}
