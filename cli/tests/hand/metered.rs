//! A link that costs money, with the real program: reviewers see something, originals wait.
use crate::stage::{Stage, large_jpeg};

#[test]
fn over_a_metered_link_thumbnail_and_preview_go_and_the_original_waits_for_a_free_one() {
    let stage = Stage::new();
    let hub = stage.hub();
    stage.enrol(&hub, "anna", "village");
    let said = stage.good("anna", &["report", "household=张三", "cause=hail"]);
    let case = said["number"].as_str().unwrap().to_owned();
    std::fs::write(stage.path("photo.jpg"), large_jpeg()).unwrap();
    stage.good("anna", &["photo", &case, &stage.text("photo.jpg")]);

    let sent = stage.good("anna", &["sync", "--metered"]);
    assert_eq!(sent["previews_made"], 1, "{sent}");
    assert_eq!(hub.good(&["status"])["blobs"], 2, "thumbnail and preview");
    let shown = stage.good("anna", &["show", &case]);
    let missing = shown["missing_at_hub"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{shown}");
    assert_eq!(missing[0]["kind"], "original");

    let sent = stage.good("anna", &["sync"]);
    assert_eq!(sent["previews_made"], 0, "{sent}");
    assert_eq!(hub.good(&["status"])["blobs"], 3, "and the original");
}
