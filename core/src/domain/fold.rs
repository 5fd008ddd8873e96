//! Folds texts that a reader takes for the same onto one form, for searching only.
//!
//! Traditional characters become simplified ones (報 and 报; 復, 複 and 复 are one: G24), full-width
//! letters and digits half-width ones, capitals small ones. Both what is indexed and what is asked for
//! go through here; what is stored, shown and signed never does. The table in `fold.txt` comes from
//! OpenCC and is made by `xtask/fold_table.py`. Characters are folded one by one: a folded text is for
//! comparing, it is no translation.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The text as searches see it; the text itself if nothing in it folds.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_folded) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(half_width)
        .flat_map(char::to_lowercase)
        .map(simplified)
        .collect()
}

/// A full-width letter, digit or sign (Ａ, １, ＋), or the wide space, in half width.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).saturating_sub(0xfee0)).unwrap_or(c),
        _ => c,
    }
}

fn is_folded(c: char) -> bool {
    half_width(c) == c && simplified(c) == c && c.to_lowercase().eq([c])
}

fn simplified(c: char) -> char {
    // Nothing below the ideographs is in the table; most texts are decided here.
    if c < '\u{3400}' {
        return c;
    }
    let table = table();
    table
        .binary_search_by_key(&c, |(traditional, _)| *traditional)
        .ok()
        .and_then(|at| table.get(at))
        .map_or(c, |(_, simplified)| *simplified)
}

/// Pairs of traditional and simplified, sorted by the former.
fn table() -> &'static [(char, char)] {
    static TABLE: OnceLock<Vec<(char, char)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let pair = |line: &str| {
            let mut characters = line.chars();
            Some((characters.next()?, characters.next()?))
        };
        let lines = include_str!("fold.txt").lines();
        let mut pairs: Vec<_> = lines
            .filter(|line| !line.starts_with('#'))
            .filter_map(pair)
            .collect();
        pairs.sort_unstable();
        pairs
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_and_simplified_words_are_one() {
        for (one, other) in [
            ("報案", "报案"),
            ("理賠", "理赔"),
            ("復雜案件", "复杂案件"),
            ("複雜", "复杂"),
            ("保險單號", "保险单号"),
            ("事故認定書", "事故认定书"),
            ("臺", "檯"),
            ("裏", "裡"),
            ("屋簷", "屋檐"),
            ("民政總署衞生", "民政总署卫生"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
    }

    #[test]
    fn wide_letters_and_capitals_are_one_with_small_ones() {
        assert_eq!(fold("粤Ａ·１２３４５　Ｂ"), "粤a·12345 b");
        assert_eq!(fold("HZ-2025"), "hz-2025");
    }

    #[test]
    fn a_folded_text_is_handed_back_as_it_is() {
        assert!(matches!(fold("报案 hz-2025"), Cow::Borrowed(_)));
        assert!(matches!(fold(""), Cow::Borrowed(_)));
    }

    #[test]
    fn folding_twice_changes_nothing() {
        assert!(table().len() > 3_000);
        for (traditional, simplified) in table() {
            let once = fold(&traditional.to_string()).into_owned();
            assert_eq!(once, simplified.to_string());
            assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn no_character_stands_twice_in_the_table() {
        assert!(table().windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
