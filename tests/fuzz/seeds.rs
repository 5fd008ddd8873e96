//! What the fuzzer starts from: the corpus, recordings, and files as costly as the limits allow.

use lossbook_cli::corpus;

const MEBIBYTE: usize = 1024 * 1024;

/// All seeds.
pub(crate) fn all() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = corpus::files().into_iter().map(|file| file.bytes).collect();
    seeds.extend([
        film(b"isom", b"vide"),
        film(b"qt  ", b"vide"),
        film(b"M4A ", b"soun"),
    ]);
    seeds.extend([
        full_directory(),
        overlapping_directories(),
        endless_text(),
        crowded_packet(),
        deep_packet(),
        stray_markers(),
        tiny_chunks(),
        tiny_boxes(),
    ]);
    seeds
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap_or(0);
    [&size.to_be_bytes(), kind.as_slice(), body].concat()
}

fn film(brand: &[u8; 4], handler: &[u8; 4]) -> Vec<u8> {
    let hdlr = [&[0; 8], handler.as_slice(), &[0; 13]].concat();
    let track = [
        boxed(b"tkhd", &[2; 84]),
        boxed(b"mdia", &boxed(b"hdlr", &hdlr)),
    ]
    .concat();
    let place = boxed(b"\xA9xyz", b"\0\x1b\x15\xc7+36.8340+101.9520+2543.000/");
    let moov = [
        boxed(b"mvhd", &[1; 100]),
        boxed(b"trak", &track),
        boxed(b"udta", &place),
    ]
    .concat();
    [
        boxed(b"ftyp", &[brand.as_slice(), &[0; 4]].concat()),
        boxed(b"moov", &moov),
    ]
    .concat()
}

/// A PNG with one chunk of metadata.
fn png(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).unwrap_or(0);
    let mut bytes =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\0\0\0\0".to_vec();
    bytes.extend(len.to_be_bytes());
    bytes.extend(kind);
    bytes.extend(body);
    bytes.extend(b"\0\0\0\0\0\0\0\0IEND\0\0\0\0");
    bytes
}

/// A directory with as many entries as its counter can hold, each pointing to a long text.
fn full_directory() -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\xFF\xFF".to_vec();
    for at in 0..65_535_u32 {
        let [low, high, ..] = at.to_le_bytes();
        block.extend([low, high, 2, 0, 0xFF, 0xFF, 0, 0, 10, 0, 0, 0]);
    }
    png(b"eXIf", &block)
}

/// Directories that lie in each other, a few bytes apart.
fn overlapping_directories() -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08".to_vec();
    while block.len() < 200_000 {
        block.extend(b"\x87\x69\0\x04\0\0\0\x01");
        block.extend(u32::try_from(block.len() / 2).unwrap_or(8).to_be_bytes());
    }
    png(b"eXIf", &block)
}

/// A name of a mebibyte of ends.
fn endless_text() -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x0F\x01\x02\0\0\0\x0F\0\x1A\0\0\0\0\0\0\0".to_vec();
    block.resize(MEBIBYTE - 64, 0);
    png(b"eXIf", &block)
}

fn packet(inside: &str) -> Vec<u8> {
    let text = format!(
        "XML:com.adobe.xmp\0\0\0\0\0<x xmlns:t=\"http://ns.adobe.com/tiff/1.0/\">{inside}</x>"
    );
    png(b"iTXt", text.as_bytes())
}

/// As many attributes and name spaces as fit.
fn crowded_packet() -> Vec<u8> {
    let spaces: String = (0..120)
        .map(|at| format!(" xmlns:a{at}=\"urn:{at}\""))
        .collect();
    let attributes: String = (0..40_000)
        .map(|at| format!(" a{}:b=\"c\"", at % 120))
        .collect();
    packet(&format!("<t:y{spaces}{attributes}/>"))
}

/// As deep as fits.
fn deep_packet() -> Vec<u8> {
    packet(&"<t:a>".repeat(150_000))
}

/// A scan in which every second byte is a marker that cannot stand there.
fn stray_markers() -> Vec<u8> {
    let mut bytes =
        b"\xFF\xD8\xFF\xC0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xFF\xDA\0\x08\x01\x01\0\0\x3f\0"
            .to_vec();
    while bytes.len() < MEBIBYTE {
        bytes.extend([0xFF, 0x01]);
    }
    bytes
}

/// A PNG of nothing but empty chunks.
fn tiny_chunks() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    while bytes.len() < MEBIBYTE {
        bytes.extend(b"\0\0\0\0tEXt\0\0\0\0");
    }
    bytes
}

/// A HEIF of nothing but empty boxes inside its metadata.
fn tiny_boxes() -> Vec<u8> {
    let mut meta = vec![0; 4];
    while meta.len() < MEBIBYTE - 64 {
        meta.extend(b"\0\0\0\x08iprp");
    }
    [
        boxed(b"ftyp", b"heic\0\0\0\0mif1heic"),
        boxed(b"meta", &meta),
    ]
    .concat()
}
