//! Words for the text index: Chinese as overlapping pairs of characters, the rest as words.
//!
//! 王小明 is indexed as 王小 and 小明, so that any two neighbouring characters find it. What is indexed
//! and what is asked for are folded alike, so that 報案 finds 报案 (G24).

use crate::domain::fold;

/// Raised when the same text makes other words: stores indexed before are then indexed anew.
/// 1: lower case only; 2: folded.
pub(super) const RULES: u8 = 2;

/// Whether a character is written without spaces around words (CJK ideographs).
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Runs of ideographs and runs of other letters and digits, folded.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    let mut open = false;
    for c in fold(text).chars() {
        let ideograph = is_ideograph(c);
        if !ideograph && !c.is_alphanumeric() {
            open = false;
            continue;
        }
        match runs.last_mut() {
            Some((kind, run)) if open && *kind == ideograph => run.push(c),
            _ => runs.push((ideograph, c.to_string())),
        }
        open = true;
    }
    runs
}

fn pairs(run: &str) -> Vec<String> {
    let characters: Vec<char> = run.chars().collect();
    match characters.as_slice() {
        [one] => vec![one.to_string()],
        many => many.windows(2).map(|pair| pair.iter().collect()).collect(),
    }
}

/// What is written into the index for some texts.
pub(super) fn index<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut words = Vec::new();
    for text in texts {
        for (ideograph, run) in runs(text) {
            if ideograph {
                words.extend(pairs(&run))
            } else {
                words.push(run)
            }
        }
    }
    words.join(" ")
}

/// The FTS5 expression for what a person typed; empty if it holds no word.
pub(super) fn query(text: &str) -> String {
    let mut terms = Vec::new();
    for (ideograph, run) in runs(text) {
        if ideograph && run.chars().count() > 1 {
            terms.extend(pairs(&run).iter().map(|pair| format!("\"{pair}\"")));
        } else {
            terms.push(format!("\"{run}\"*"));
        }
    }
    terms.join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_becomes_overlapping_pairs_and_latin_stays_whole() {
        assert_eq!(index(["王小明 Huzhu-12"].into_iter()), "王小 小明 huzhu 12");
        assert_eq!(query("小明"), "\"小明\"");
        assert_eq!(query("王"), "\"王\"*");
        assert_eq!(query(" -- "), "");
    }

    #[test]
    fn traditional_and_simplified_texts_make_the_same_words() {
        assert_eq!(index(["報案 ＡＢ１２"].into_iter()), "报案 ab12");
        assert_eq!(query("報案 ＡＢ"), query("报案 ab"));
    }
}
