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
///
/// What is typed without a space stands together in what is found: 农户17 does not find a 农户3 whose
/// case number begins with 17. The last word may be the beginning of a longer one.
pub(super) fn query(text: &str) -> String {
    let mut terms = Vec::new();
    for typed in text.split_whitespace() {
        let runs = runs(typed);
        // One ideograph alone is half of a pair: it can begin a word of the index, not stand in a row of them.
        if runs
            .iter()
            .any(|(ideograph, run)| *ideograph && run.chars().count() == 1)
        {
            terms.extend(runs.iter().map(|run| phrase(std::slice::from_ref(run))));
        } else if !runs.is_empty() {
            terms.push(phrase(&runs));
        }
    }
    terms.join(" AND ")
}

/// Words that follow each other.
fn phrase(runs: &[(bool, String)]) -> String {
    let may_go_on = runs
        .last()
        .is_some_and(|(ideograph, run)| !ideograph || run.chars().count() == 1);
    let words: Vec<String> = runs
        .iter()
        .flat_map(|(ideograph, run)| {
            if *ideograph {
                pairs(run)
            } else {
                vec![run.clone()]
            }
        })
        .collect();
    format!(
        "\"{}\"{}",
        words.join(" "),
        if may_go_on { "*" } else { "" }
    )
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
    fn what_is_typed_without_a_space_stands_together_in_what_is_found() {
        assert_eq!(query("农户17"), "\"农户 17\"*");
        assert_eq!(query("王小明 冰雹"), "\"王小 小明\" AND \"冰雹\"");
        assert_eq!(query("16PB-DN"), "\"16pb dn\"*");
        assert_eq!(query("3号"), "\"3\"* AND \"号\"*");
    }

    #[test]
    fn traditional_and_simplified_texts_make_the_same_words() {
        assert_eq!(index(["報案 ＡＢ１２"].into_iter()), "报案 ab12");
        assert_eq!(query("報案 ＡＢ"), query("报案 ab"));
    }
}
