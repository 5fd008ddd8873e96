//! Numbers that nobody has: built for the tests, or printed in the standards themselves.

use jiff::civil::date;

use super::*;

fn verdicts(field: Field, cases: &[(&str, &[Reason])]) {
    for (text, reasons) in cases {
        let found = field.check(text, date(2026, 11, 22));
        assert_eq!(found, Verdict::of(reasons.to_vec()), "{text}");
    }
}

#[test]
fn a_resident_id_of_the_standard_is_good() {
    verdicts(
        Field::ResidentId,
        &[
            ("11010519491231002X", &[]),
            ("11010519491231002x", &[]),
            (" 110105 19491231 002X ", &[]),
            ("１１０１０５１９４９１２３１００２Ｘ", &[]),
            ("440524188001010014", &[Reason::IdAge]),
        ],
    );
}

#[test]
fn a_county_that_lists_may_lack_is_good() {
    // Huzhu has been 632126 and is 630223.
    for area in ["630223", "632126", "810000", "830000", "419001", "469021"] {
        let body = format!("{area}19900307001");
        let id = format!("{body}{}", id_check(&body));
        verdicts(Field::ResidentId, &[(&id, &[])]);
    }
}

#[test]
fn a_permanent_resident_from_abroad_is_good() {
    let body = "94484019900307001";
    let id = format!("{body}{}", id_check(body));
    verdicts(Field::ResidentId, &[(&id, &[])]);
}

#[test]
fn an_id_with_one_fault_is_refused_for_it() {
    let built = |body: &str| format!("{body}{}", id_check(body));
    verdicts(
        Field::ResidentId,
        &[
            ("11010519491231002", &[Reason::IdLength]),
            ("身份证号码", &[Reason::IdLength]),
            ("1101051949123100X2", &[Reason::IdCharacter]),
            ("11010519491231002Y", &[Reason::IdCharacter]),
            ("110105194912310021", &[Reason::IdChecksum]),
            (&built("11010519490229001"), &[Reason::IdDate]),
            (&built("11010519491301001"), &[Reason::IdDate]),
            (&built("11010520261123001"), &[Reason::IdFuture]),
            (&built("10010519491231001"), &[Reason::IdProvince]),
            (&built("90010519491231001"), &[Reason::IdProvince]),
            (&built("11000019491231001"), &[Reason::IdArea]),
            (&built("63990119491231001"), &[Reason::IdArea]),
            ("", &[Reason::Empty]),
            (" - ", &[Reason::Empty]),
        ],
    );
}

#[test]
fn all_faults_of_an_id_are_named() {
    verdicts(
        Field::ResidentId,
        &[(
            "100105194913310021",
            &[Reason::IdProvince, Reason::IdDate, Reason::IdChecksum],
        )],
    );
}

#[test]
fn somebody_born_on_the_day_of_the_check_is_good() {
    let body = "11010520261122001";
    let id = format!("{body}{}", id_check(body));
    verdicts(Field::ResidentId, &[(&id, &[])]);
}

#[test]
fn an_old_id_warns_and_is_still_checked() {
    verdicts(
        Field::ResidentId,
        &[
            ("110105491231002", &[Reason::IdOldForm]),
            ("110105491331002", &[Reason::IdOldForm, Reason::IdDate]),
            ("11010549123100X", &[Reason::IdCharacter]),
        ],
    );
}

#[test]
fn plates_of_every_current_form_are_good() {
    for plate in [
        "京A12345",
        "粤A·B1C23",
        "粤a·12345",
        "青B0001警",
        "沪A1234挂",
        "川A1234学",
        "京A0A12警",
        "粤Z1234港",
        "粤ZAB12澳",
        "224578使",
        "沪A0023领",
        "京X1234应急",
        "粤AD12345",
        "粤AF12345",
        "粤BDA1234",
        "京AK12345",
        "粤A12345D",
        "粤A12345F",
    ] {
        verdicts(Field::Plate, &[(plate, &[])]);
    }
}

#[test]
fn what_is_no_plate_is_refused() {
    verdicts(
        Field::Plate,
        &[
            ("粤A1234", &[Reason::PlateForm]),
            ("粤A1234567", &[Reason::PlateForm]),
            ("粤AL12345", &[Reason::PlateForm]),
            ("粤AD1234A", &[Reason::PlateForm]),
            ("粤A12345L", &[Reason::PlateForm]),
            ("粤A12345挂", &[Reason::PlateForm]),
            ("京Z1234港", &[Reason::PlateForm]),
            ("京A1234应急", &[Reason::PlateForm]),
            ("22457使", &[Reason::PlateForm]),
            ("粤A123中5", &[Reason::PlateForm]),
            ("A12345", &[Reason::PlateProvince]),
            ("台A12345", &[Reason::PlateProvince]),
            ("粤I12345", &[Reason::PlateOffice]),
            ("粤112345", &[Reason::PlateOffice]),
            ("粤AO1234", &[Reason::PlateCharacter]),
            ("粤", &[Reason::PlateForm]),
            ("使", &[Reason::PlateForm]),
        ],
    );
}

#[test]
fn an_unusual_plate_warns() {
    verdicts(
        Field::Plate,
        &[
            ("粤AABC12", &[Reason::PlateLetters]),
            ("WJ粤12345", &[Reason::PlateForces]),
            ("WJ12345", &[Reason::PlateForces]),
            ("VA12345", &[Reason::PlateForces]),
        ],
    );
}

#[test]
fn a_vin_is_checked_and_its_check_digit_only_warns() {
    verdicts(
        Field::Vin,
        &[
            ("1M8GDM9AXKP042788", &[]),
            ("1m8gdm9axkp042788", &[]),
            ("11111111111111111", &[]),
            ("1M8GDM9A1KP042788", &[Reason::VinCheckDigit]),
            ("1M8GDM9AXKP04278", &[Reason::VinLength]),
            ("1M8GDM9AXKPO42788", &[Reason::VinCharacter]),
            ("1M8GDM9AXKP04278汉", &[Reason::VinCharacter]),
        ],
    );
}

#[test]
fn a_mobile_number_may_have_its_country_code() {
    verdicts(
        Field::Mobile,
        &[
            ("13800138000", &[]),
            ("+86 138-0013-8000", &[]),
            ("008619912345678", &[]),
            ("8613800138000", &[]),
            ("12800138000", &[Reason::MobilePrefix]),
            ("1380013800", &[Reason::MobileLength]),
            ("+85291234567", &[Reason::MobileLength]),
            ("０１３８００１３８０００", &[Reason::MobileLength]),
        ],
    );
}

#[test]
fn an_account_is_digits_and_its_check_digit_only_warns() {
    verdicts(
        Field::Account,
        &[
            ("6222 0200 0000 0000 004", &[Reason::AccountCheckDigit]),
            ("4111111111111111", &[]),
            ("123456789012", &[Reason::AccountCheckDigit]),
            ("41111111111", &[Reason::AccountLength]),
            ("41111111111111111111", &[Reason::AccountLength]),
            ("4111x11111111111", &[Reason::AccountCharacter]),
        ],
    );
}

#[test]
fn a_mask_hides_the_middle_of_each_field() {
    for (field, text, mask) in [
        (
            Field::ResidentId,
            "11010519491231002x",
            "110***********002X",
        ),
        (Field::ResidentId, "110105491231002", "110********1002"),
        (Field::Plate, "粤A·12345", "粤A***45"),
        (Field::Vin, "1M8GDM9AXKP042788", "1M8**********2788"),
        (Field::Mobile, "+8613800138000", "138****8000"),
        (Field::Account, "4111111111111112", "************1112"),
        (Field::Mobile, "123456789", "*********"),
        (Field::Plate, "粤", "*"),
        (Field::Account, "", ""),
    ] {
        assert_eq!(field.mask(text), mask, "{text}");
    }
}

#[test]
fn any_text_gets_a_verdict() {
    for text in ["Ａ\u{0}ß", "ŉŉŉŉŉŉŉŉŉŉŉŉŉŉŉŉŉ", "😀😀", "使使", "应急"]
    {
        for field in Field::ALL {
            let found = field.check(text, date(2026, 11, 22));
            assert_eq!(found.word(), "bad", "{text}");
            assert!(!field.mask(text).contains('😀'));
        }
    }
}

#[test]
fn every_reason_speaks_both_languages() {
    for reason in [Reason::Empty, Reason::IdArea, Reason::PlateForces] {
        assert!(!reason.code().is_empty() && !reason.en().is_empty());
        assert!(!reason.zh().is_ascii());
    }
}
