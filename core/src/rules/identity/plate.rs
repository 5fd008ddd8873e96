//! Vehicle plates of GA 36, by their form.

use super::Reason;

/// One character of each province, in the order of GB/T 2260.
const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";

/// What marks a special plate at its end.
const MARKS: [&str; 8] = ["应急", "警", "挂", "学", "港", "澳", "使", "领"];

/// Letters of battery vehicles (D, A, B, C, E) and of other new-energy vehicles (F, G, H, J, K).
const NEW_ENERGY: &str = "DABCEFGHJK";

pub(super) fn check(text: &str) -> Vec<Reason> {
    let (body, mark) = MARKS
        .iter()
        .find_map(|mark| text.strip_suffix(mark).map(|body| (body, *mark)))
        .unwrap_or((text, ""));
    let characters: Vec<char> = body.chars().collect();
    if mark == "使" {
        let is_embassy = characters.len() == 6 && characters.iter().all(char::is_ascii_digit);
        return if is_embassy {
            Vec::new()
        } else {
            vec![Reason::PlateForm]
        };
    }
    if mark.is_empty() && is_of_forces(&characters) {
        return vec![Reason::PlateForces];
    }
    let [province, office, serial @ ..] = characters.as_slice() else {
        return vec![Reason::PlateForm];
    };
    if !PROVINCES.contains(*province) {
        return vec![Reason::PlateProvince];
    }
    if !office.is_ascii_uppercase() || matches!(office, 'I' | 'O') {
        return vec![Reason::PlateOffice];
    }
    if !serial.iter().all(char::is_ascii_alphanumeric) {
        return vec![Reason::PlateForm];
    }
    if serial.iter().any(|c| matches!(c, 'I' | 'O')) {
        return vec![Reason::PlateCharacter];
    }
    judge(*province, *office, serial, mark)
}

/// A serial part without I and O, under its mark.
fn judge(province: char, office: char, serial: &[char], mark: &str) -> Vec<Reason> {
    let is_numeric = serial.iter().all(char::is_ascii_digit);
    let has_form = match (mark, serial.len()) {
        ("", 5) => true,
        ("", 6) => is_new_energy(serial),
        ("警" | "挂" | "学", 4) => true,
        ("港" | "澳", 4) => (province, office) == ('粤', 'Z'),
        ("领", 4) => is_numeric,
        // X for fire and rescue, S for forest fires.
        ("应急", 4) => is_numeric && matches!(office, 'X' | 'S'),
        _ => false,
    };
    let letters = serial.iter().filter(|c| c.is_ascii_uppercase()).count();
    if !has_form {
        vec![Reason::PlateForm]
    } else if letters > 2 {
        vec![Reason::PlateLetters]
    } else {
        Vec::new()
    }
}

/// Small: the letter, then a letter or digit, then four digits. Large: five digits, then the letter.
fn is_new_energy(serial: &[char]) -> bool {
    let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
    let is_letter = |c: &char| NEW_ENERGY.contains(*c);
    match serial {
        [kind, _, rest @ ..] if is_letter(kind) => digits(rest),
        [rest @ .., kind] if is_letter(kind) => digits(rest),
        _ => false,
    }
}

/// `WJ` of the armed police, or two letters and five digits of the army.
fn is_of_forces(characters: &[char]) -> bool {
    let serial = match characters {
        ['W', 'J', province, serial @ ..] if PROVINCES.contains(*province) => serial,
        [first, second, serial @ ..]
            if first.is_ascii_uppercase() && second.is_ascii_uppercase() =>
        {
            serial
        }
        _ => return false,
    };
    let digits = serial.iter().filter(|c| c.is_ascii_digit()).count();
    serial.len() == 5 && digits >= 4 && serial.iter().all(char::is_ascii_alphanumeric)
}
