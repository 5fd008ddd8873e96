use std::fs;

use lossbook_core::domain::Digest;

use super::*;
use crate::scene::{SceneKind, Shot, render};

fn photo() -> Vec<u8> {
    render(&Shot {
        width: 160,
        height: 120,
        seed: 1,
        kind: SceneKind::WallCrack,
        taken_at: CivilTime {
            civil: "2025-07-01T14:03:22".to_owned(),
            offset: Some("+08:00".to_owned()),
        },
        place: (36.834, 101.952, 2543.0),
        make: "Lossbook".to_owned(),
        model: "Scene".to_owned(),
        orientation: 6,
    })
}

#[test]
fn a_photo_is_reported_with_every_key() {
    let dir = tempfile::tempdir().unwrap();
    // The name says nothing about the content.
    let file = dir.path().join("photo.txt");
    let bytes = photo();
    fs::write(&file, &bytes).unwrap();
    let expected = serde_json::json!({
        "file": file.display().to_string(),
        "sha256": Digest::of(&bytes).to_hex(),
        "bytes": bytes.len(),
        "media_type": "image/jpeg",
        "width": 160,
        "height": 120,
        "displayed": { "width": 120, "height": 160 },
        "orientation": 6,
        "turn": null,
        "taken_at": { "civil": "2025-07-01T14:03:22", "offset": "+08:00" },
        "digitized_at": null,
        "modified_at": null,
        "gps_time": "2025-07-01T06:03:22Z",
        "place": { "lat": 36.834, "lon": 101.952, "alt_m": 2543.0, "accuracy_m": null, "datum": null },
        "direction": null,
        "camera": { "make": "Lossbook", "model": "Scene" },
        "lens": null,
        "serial": null,
        "software": null,
        "embedded": null,
        "edits": [],
        "from_xmp": [],
        "problems": [],
    });
    assert_eq!(inspect_json(&file), expected);
}

#[test]
fn what_is_no_photo_gets_its_object_and_the_others_are_still_done() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["none.jpg", "empty.jpg", "text.jpg", "photo.jpg"];
    let files = names.map(|name| dir.path().join(name));
    for (file, bytes) in files.iter().zip([
        None,
        Some(Vec::new()),
        Some(b"hello".to_vec()),
        Some(photo()),
    ]) {
        if let Some(bytes) = bytes {
            fs::write(file, bytes).unwrap();
        }
    }
    let mut out = Vec::new();
    assert_eq!(run(&files, true, &mut out), EXIT_BAD_INPUT);
    let lines: Vec<serde_json::Value> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let codes: Vec<Option<&str>> = lines
        .iter()
        .map(|line| line["error"]["code"].as_str())
        .collect();
    assert_eq!(
        codes,
        [Some("unreadable"), Some("empty"), Some("not_a_photo"), None]
    );
    assert_eq!(lines[0]["sha256"], serde_json::Value::Null);
    assert_eq!(lines[1]["bytes"], 0);
    assert_eq!(lines[2]["sha256"], Digest::of(b"hello").to_hex());
    assert_eq!(lines[3]["width"], 160);
    assert_eq!(run(&files[3..], true, &mut Vec::new()), EXIT_DONE);
}

#[test]
fn people_read_labels_in_both_languages_and_aligned_values() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("photo.jpg");
    fs::write(&file, photo()).unwrap();
    let mut out = Vec::new();
    assert_eq!(run(&[file], false, &mut out), EXIT_DONE);
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.contains("Size 尺寸               160 × 120\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "Claimed place 自称位置  36.834000, 101.952000, 2543.0 m (no datum 无坐标系)\n"
        ),
        "{text}"
    );
}
