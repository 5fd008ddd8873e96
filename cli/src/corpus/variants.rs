//! What the files of the corpus claim: every orientation, datum, odd number and broken structure.
//!
//! Cargo goes to `corpus`, which wraps each into each kind of file. A name says what is special;
//! everything else is as a phone in Huzhu county writes it.

use super::block::{Block, Fault, Value};
use super::container::{Cargo, plain_jpeg};

/// A name and what the file carries.
pub(super) type Variant = (String, Cargo);

/// All of them.
pub(super) fn all() -> Vec<Variant> {
    [
        orientations(),
        positions(),
        zero_denominators(),
        times(),
        faults(),
        strays(),
        packets(),
        turns(),
    ]
    .concat()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn set(entries: &mut Vec<(u16, Value)>, tag: u16, value: Value) {
    entries.retain(|(known, _)| *known != tag);
    entries.push((tag, value));
}

/// 36° 50′ 2.4″ N, 101° 57′ 7.2″ E, 2543 m, in the afternoon.
fn honest() -> Block {
    Block {
        primary: vec![
            (0x010F, text("Lossbook")),
            (0x0110, text("Corpus 1")),
            (0x0112, Value::Shorts(vec![1])),
            (0x0131, text("Firmware 2.1")),
            (0x0132, text("2025:07:01 14:03:22")),
        ],
        exif: vec![
            (0x9000, Value::Opaque(b"0232".to_vec())),
            (0x9003, text("2025:07:01 14:03:22")),
            (0x9004, text("2025:07:01 14:03:22")),
            (0x9011, text("+08:00")),
            (0x9291, text("550")),
            (0xA431, text("SN-0042")),
            (0xA434, text("Lossbook 5 mm f/1.8")),
        ],
        gps: vec![
            (0x00, Value::Bytes(vec![2, 3, 0, 0])),
            (0x01, text("N")),
            (0x02, Value::Ratios(vec![(36, 1), (50, 1), (24, 10)])),
            (0x03, text("E")),
            (0x04, Value::Ratios(vec![(101, 1), (57, 1), (72, 10)])),
            (0x05, Value::Bytes(vec![0])),
            (0x06, Value::Ratios(vec![(25_430, 10)])),
            (0x07, Value::Ratios(vec![(6, 1), (3, 1), (22, 1)])),
            (0x10, text("T")),
            (0x11, Value::Ratios(vec![(27_050, 100)])),
            (0x12, text("WGS-84")),
            (0x1D, text("2025:07:01")),
            (0x1F, Value::Ratios(vec![(48, 10)])),
        ],
        ..Block::default()
    }
}

fn with(name: &str, change: impl Fn(&mut Block)) -> Variant {
    let mut block = honest();
    change(&mut block);
    let cargo = Cargo {
        block,
        ..Cargo::default()
    };
    (name.to_owned(), cargo)
}

fn gps(name: &str, tag: u16, value: Value) -> Variant {
    with(name, |block| set(&mut block.gps, tag, value.clone()))
}

fn exif(name: &str, tag: u16, value: Value) -> Variant {
    with(name, |block| set(&mut block.exif, tag, value.clone()))
}

fn orientations() -> Vec<Variant> {
    let mut all: Vec<Variant> = (1..=8)
        .map(|turn| {
            with(&format!("orientation-{turn}"), |block| {
                set(&mut block.primary, 0x0112, Value::Shorts(vec![turn]));
            })
        })
        .collect();
    all.push(with("orientation-as-long", |block| {
        set(&mut block.primary, 0x0112, Value::Longs(vec![6]));
    }));
    all.push(with("thumbnail", |block| block.thumbnail = plain_jpeg()));
    all.push(with("no-gps", |block| block.gps.clear()));
    all
}

fn positions() -> Vec<Variant> {
    let mut all: Vec<Variant> = ["GCJ-02", "BD-09", "CGCS2000", "TOKYO", "WGS 84"]
        .iter()
        .map(|datum| {
            gps(
                &format!("datum-{}", datum.replace(' ', "_")),
                0x12,
                text(datum),
            )
        })
        .collect();
    for (name, lat, lon) in [
        ("south-east", "S", "E"),
        ("north-west", "N", "W"),
        ("south-west", "S", "W"),
    ] {
        all.push(with(&format!("hemisphere-{name}"), |block| {
            set(&mut block.gps, 0x01, text(lat));
            set(&mut block.gps, 0x03, text(lon));
        }));
    }
    all.extend([
        gps("altitude-below-sea", 0x05, Value::Bytes(vec![1])),
        gps(
            "altitude-of-a-plane",
            0x06,
            Value::Ratios(vec![(1_128_000, 100)]),
        ),
        gps(
            "degrees-in-one-number",
            0x02,
            Value::Ratios(vec![(368_340, 10_000)]),
        ),
        gps(
            "minutes-with-a-fraction",
            0x02,
            Value::Ratios(vec![(36, 1), (50_040, 1000), (0, 1)]),
        ),
        gps("direction-magnetic", 0x10, text("M")),
        gps(
            "accuracy-of-a-cell",
            0x1F,
            Value::Ratios(vec![(38_813, 10)]),
        ),
        gps(
            "latitude-off-the-globe",
            0x02,
            Value::Ratios(vec![(136, 1), (50, 1), (0, 1)]),
        ),
        gps("latitude-without-hemisphere", 0x01, text("")),
        gps("position-at-zero", 0x00, Value::Bytes(vec![2, 3, 0, 0])),
    ]);
    all
}

fn zero_denominators() -> Vec<Variant> {
    vec![
        gps(
            "zero-latitude",
            0x02,
            Value::Ratios(vec![(36, 0), (50, 1), (24, 10)]),
        ),
        gps(
            "zero-seconds",
            0x02,
            Value::Ratios(vec![(36, 1), (50, 1), (0, 0)]),
        ),
        gps(
            "zero-longitude",
            0x04,
            Value::Ratios(vec![(0, 0), (0, 0), (0, 0)]),
        ),
        gps("zero-altitude", 0x06, Value::Ratios(vec![(2543, 0)])),
        gps(
            "zero-time",
            0x07,
            Value::Ratios(vec![(6, 1), (3, 1), (22, 0)]),
        ),
        gps("zero-direction", 0x11, Value::Ratios(vec![(0, 0)])),
        gps("zero-accuracy", 0x1F, Value::Ratios(vec![(5, 0)])),
    ]
}

fn times() -> Vec<Variant> {
    vec![
        exif("time-without-offset", 0x9011, text("")),
        exif("time-west", 0x9011, text("-05:30")),
        exif("time-fraction-long", 0x9291, text("123456789")),
        exif("time-never-set", 0x9003, text("0000:00:00 00:00:00")),
        exif("time-blank", 0x9003, text("    :  :     :  :  ")),
        exif("time-with-dashes", 0x9003, text("2025-07-01 14:03:22")),
        exif("time-impossible", 0x9003, text("2025:13:41 25:61:61")),
        exif("time-cut", 0x9003, text("2025:07:01")),
        gps(
            "gps-time-fraction",
            0x07,
            Value::Ratios(vec![(6, 1), (3, 1), (2224, 100)]),
        ),
        gps("gps-date-of-yesterday", 0x1D, text("2025:06:29")),
        gps(
            "gps-time-of-no-day",
            0x07,
            Value::Ratios(vec![(26, 1), (3, 1), (22, 1)]),
        ),
        with("edited-later", |block| {
            set(&mut block.primary, 0x0131, text("Adobe Photoshop 25.0"));
            set(&mut block.primary, 0x0132, text("2025:07:03 09:00:00"));
        }),
        with("names-in-chinese", |block| {
            set(&mut block.primary, 0x010F, text("华为"));
        }),
    ]
}

fn faults() -> Vec<Variant> {
    [
        ("loop-next", Fault::NextIsItself),
        ("loop-exif", Fault::ExifIsPrimary),
        ("loop-gps", Fault::GpsIsExif),
        ("outside-exif", Fault::ExifOutside),
        ("outside-gps", Fault::GpsOutside),
        ("outside-next", Fault::NextOutside),
        ("stray-next-of-gps", Fault::StrayNext),
        ("entries-overstated", Fault::TooManyEntries),
        ("block-cut", Fault::Cut),
        ("block-with-a-bad-header", Fault::BadHeader),
    ]
    .into_iter()
    .map(|(name, fault)| with(name, |block| block.fault = fault))
    .collect()
}

fn strays() -> Vec<Variant> {
    vec![
        with("huge-offset-of-make", |block| {
            set(&mut block.primary, 0x010F, Value::Stray(2, 32, 0xFFFF_FF00));
        }),
        with("huge-count-of-model", |block| {
            set(
                &mut block.primary,
                0x0110,
                Value::Stray(2, 0xFFFF_FFFF, 0x7FFF_FFFF),
            );
        }),
        exif(
            "huge-offset-of-time",
            0x9003,
            Value::Stray(2, 20, 0x8000_0000),
        ),
        gps(
            "huge-offset-of-latitude",
            0x02,
            Value::Stray(5, 3, 0xFFFF_FFF8),
        ),
        gps(
            "huge-count-of-longitude",
            0x04,
            Value::Stray(5, 0x2000_0001, 0x4000_0000),
        ),
        gps("unknown-kind-of-altitude", 0x06, Value::Stray(99, 1, 0)),
        exif("unknown-kind-of-lens", 0xA434, Value::Stray(0, 9, 0)),
    ]
}

const PACKET: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" ATTRIBUTES>ELEMENTS</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;

fn packet(attributes: &str, elements: &str) -> String {
    PACKET
        .replace("ATTRIBUTES", attributes)
        .replace("ELEMENTS", elements)
}

fn packets() -> Vec<Variant> {
    let claims = r#"exif:DateTimeOriginal="2025-07-01T14:03:22+08:00" exif:GPSLatitude="36,50.04N" exif:GPSLongitude="101,57.12E" exif:GPSAltitude="2543/1" exif:GPSAltitudeRef="0" tiff:Make="Lossbook" tiff:Model="Corpus 1" aux:SerialNumber="SN-0042""#;
    let elements = "<exif:DateTimeOriginal>2025-07-01T14:03:22</exif:DateTimeOriginal><exif:GPSLatitude>36,50,2.4N</exif:GPSLatitude><exif:GPSLongitude>101,57,7.2E</exif:GPSLongitude><tiff:Make>Lossbook</tiff:Make><tiff:Model>Corpus 1</tiff:Model>";
    let good = packet(claims, "");
    let cut: String = good.chars().take(good.len() / 2).collect();
    let deep = format!(
        "{}{}",
        "<tiff:Artist>".repeat(200),
        "</tiff:Artist>".repeat(200)
    );
    let history = r#"<xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"><rdf:Seq><rdf:li stEvt:action="saved" stEvt:softwareAgent="Adobe Photoshop 25.0"/></rdf:Seq></xmpMM:History>"#;
    let alone = |name: &str, xmp: String| {
        let cargo = Cargo {
            xmp,
            ..Cargo::default()
        };
        (name.to_owned(), cargo)
    };
    let beside = |name: &str, xmp: String| {
        let (name, cargo) = with(name, |_| {});
        (name, Cargo { xmp, ..cargo })
    };
    vec![
        alone("xmp-alone", good.clone()),
        alone("xmp-as-elements", packet("", elements)),
        alone("xmp-cut", cut),
        alone("xmp-not-xml", "this is no packet at all".to_owned()),
        alone("xmp-wrong-end", good.replace("</rdf:RDF>", "</rdf:Bag>")),
        alone("xmp-too-deep", packet("", &deep)),
        alone("xmp-history", packet(claims, history)),
        alone(
            "xmp-other-space",
            good.replace("http://ns.adobe.com/exif/1.0/\"", "http://example.org/\""),
        ),
        alone(
            "xmp-entities",
            format!(
                "<!DOCTYPE x [<!ENTITY a \"aaaaaaaa\">]>{}",
                packet(claims, "<tiff:Artist>&a;&a;</tiff:Artist>")
            ),
        ),
        beside("xmp-beside-exif", good.clone()),
        beside(
            "xmp-disagrees",
            good.replace("36,50.04N", "37,50.04N")
                .replace("14:03:22", "15:03:22"),
        ),
    ]
}

fn turns() -> Vec<Variant> {
    let mut all = Vec::new();
    for quarters in 0..4 {
        for (word, mirror) in [
            ("", None),
            ("-mirror-vertical", Some(0)),
            ("-mirror-horizontal", Some(1)),
        ] {
            let (name, cargo) = with(&format!("turn-{quarters}{word}"), |_| {});
            all.push((
                name,
                Cargo {
                    turn: Some((quarters, mirror)),
                    ..cargo
                },
            ));
        }
    }
    all
}
