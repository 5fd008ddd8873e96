//! Amounts in Chinese capitals (人民币大写), as receipts and payment orders want them.
//!
//! Input: [`Money`]. Output: text such as 人民币壹仟肆佰零玖元伍角. The rules are those of the payment
//! regulations (支付结算办法, 附件一: 正式填写票据和结算凭证的基本规定). Where they leave a choice, this is
//! the one taken, and always the same one:
//! - 元, not 圆; 整, not 正; 整 follows 元 only, never 角 or 分;
//! - zeros between two digits are one 零;
//! - a 零 that may be left out is written after 元 (1680.32: …捌拾元零叁角贰分) and left out after 万
//!   (107000.53: 壹拾万柒仟元零伍角叁分): the first of the two forms of each example of the rules. That
//!   holds only where 万 itself is written; 100005000 is 壹亿零伍仟元整;
//! - no yuan are written below one yuan (伍分), and nothing at all is 零元整;
//! - from 亿 on the unit repeats: 10,000 亿 is 万亿, 亿 times 亿 is 亿亿.
//!
//! A negative amount begins with 负 after 人民币. No voucher takes one: it is for corrections on screen.

use crate::domain::Money;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const WITHIN_GROUP: [&str; 4] = ["", "拾", "佰", "仟"];
/// What follows each group of four digits, from the yuan up: an `i64` of fen has 17 digits of yuan.
const AFTER_GROUP: [&str; 5] = ["", "万", "亿", "万", "亿"];

/// The amount in capitals, beginning with 人民币.
///
/// ```
/// use lossbook_core::domain::Money;
/// use lossbook_core::rules::capital::capital;
///
/// assert_eq!(capital(Money::from_fen(1_640_902)), "人民币壹万陆仟肆佰零玖元零贰分");
/// ```
pub fn capital(amount: Money) -> String {
    let fen = amount.fen().unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::from("人民币");
    if amount.fen() < 0 {
        text.push('负');
    }
    if yuan > 0 {
        push_integer(&mut text, yuan);
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => text.push_str("零元整"),
        (0, 0) => text.push('整'),
        _ => {
            if yuan > 0 && (jiao == 0 || yuan % 10 == 0) {
                text.push('零');
            }
            for (digit, unit) in [(jiao, "角"), (fen, "分")] {
                if digit > 0 {
                    text.push_str(word(digit));
                    text.push_str(unit);
                }
            }
        }
    }
    text
}

fn word(digit: u64) -> &'static str {
    let at = usize::try_from(digit).unwrap_or_default();
    DIGITS.get(at).copied().unwrap_or_default()
}

/// Writes an integer above zero, digit by digit from the highest.
fn push_integer(text: &mut String, number: u64) {
    let mut is_begun = false;
    let mut is_gap = false;
    for (group_at, unit) in AFTER_GROUP.iter().enumerate().rev() {
        let group = number / 10_u64.pow(4 * u32::try_from(group_at).unwrap_or_default()) % 10_000;
        for (place, within) in WITHIN_GROUP.iter().enumerate().rev() {
            let digit = group / 10_u64.pow(u32::try_from(place).unwrap_or_default()) % 10;
            if digit == 0 {
                is_gap = is_begun;
                continue;
            }
            if is_gap {
                text.push('零');
            }
            text.push_str(word(digit));
            text.push_str(within);
            (is_begun, is_gap) = (true, false);
        }
        // 万 belongs to its own four digits; 亿 counts everything above it.
        let is_needed = if *unit == "亿" { is_begun } else { group > 0 };
        if is_needed {
            text.push_str(unit);
        }
        // The 零 that may be left out: 107000 has the zero of its 万 named by the word 万.
        if group_at == 1 && group > 0 && number % 10_000 >= 1_000 {
            is_gap = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(cases: &[(&str, &str)]) {
        for (amount, text) in cases {
            let amount: Money = amount.parse().unwrap();
            assert_eq!(capital(amount), format!("人民币{text}"), "{amount}");
        }
    }

    #[test]
    fn the_examples_of_the_payment_regulations_are_written_as_there() {
        reads(&[
            ("1409.50", "壹仟肆佰零玖元伍角"),
            ("6007.14", "陆仟零柒元壹角肆分"),
            ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
            ("107000.53", "壹拾万柒仟元零伍角叁分"),
            ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
            ("325.04", "叁佰贰拾伍元零肆分"),
        ]);
    }

    #[test]
    fn whole_yuan_end_in_zheng() {
        reads(&[
            ("1", "壹元整"),
            ("10", "壹拾元整"),
            ("15", "壹拾伍元整"),
            ("5000", "伍仟元整"),
            ("30000", "叁万元整"),
            ("100000", "壹拾万元整"),
            ("70000000", "柒仟万元整"),
            ("100000000", "壹亿元整"),
        ]);
    }

    #[test]
    fn jiao_and_fen_have_no_zheng() {
        reads(&[
            ("0.05", "伍分"),
            ("0.50", "伍角"),
            ("0.55", "伍角伍分"),
            ("1.05", "壹元零伍分"),
            ("10.50", "壹拾元零伍角"),
            ("10.05", "壹拾元零伍分"),
            ("12.30", "壹拾贰元叁角"),
        ]);
    }

    #[test]
    fn zeros_between_digits_are_one_zero() {
        reads(&[
            ("101", "壹佰零壹元整"),
            ("1001", "壹仟零壹元整"),
            ("1010", "壹仟零壹拾元整"),
            ("10001", "壹万零壹元整"),
            ("100010", "壹拾万零壹拾元整"),
            ("100500", "壹拾万零伍佰元整"),
            ("100005000", "壹亿零伍仟元整"),
            ("100000500", "壹亿零伍佰元整"),
            ("100010000", "壹亿零壹万元整"),
            ("1020000000", "壹拾亿零贰仟万元整"),
            ("1001000000", "壹拾亿零壹佰万元整"),
            ("110001000", "壹亿壹仟万壹仟元整"),
        ]);
    }

    #[test]
    fn nothing_is_zero_yuan_and_a_negative_amount_says_so() {
        reads(&[("0", "零元整"), ("-1", "负壹元整"), ("-0.05", "负伍分")]);
    }

    #[test]
    fn the_largest_amounts_are_written() {
        assert_eq!(
            capital(Money::from_fen(i64::MAX)),
            "人民币玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分"
        );
        assert!(capital(Money::from_fen(i64::MIN)).starts_with("人民币负玖亿"));
        reads(&[
            ("1000000000000", "壹万亿元整"),
            ("10000000000000000", "壹亿亿元整"),
            ("10000000000000001", "壹亿亿零壹元整"),
        ]);
    }
}
