//! Why a field is refused or doubted: code, weight, and what to say.

/// One thing that a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing was typed.
    Empty,
    /// Neither 18 nor 15 characters.
    IdLength,
    /// Something else than digits, or an X before the end.
    IdCharacter,
    /// The check character does not fit.
    IdChecksum,
    /// The date of birth is no day of the calendar.
    IdDate,
    /// The date of birth is after the day of the check.
    IdFuture,
    /// Older than 120 years.
    IdAge,
    /// No province has these digits.
    IdProvince,
    /// The digits after the province are unusual.
    IdArea,
    /// The form of before 1999, without check character.
    IdOldForm,
    /// No plate has this form.
    PlateForm,
    /// It does not begin with a province.
    PlateProvince,
    /// The letter after the province is none, or I or O.
    PlateOffice,
    /// I or O in the serial part.
    PlateCharacter,
    /// More than two letters in the serial part.
    PlateLetters,
    /// A plate of the armed forces.
    PlateForces,
    /// Not 17 characters.
    VinLength,
    /// I, O, Q or something else that no VIN has.
    VinCharacter,
    /// The ninth character does not fit.
    VinCheckDigit,
    /// Not eleven digits.
    MobileLength,
    /// It does not begin with 13 to 19.
    MobilePrefix,
    /// Something else than digits.
    AccountCharacter,
    /// Fewer than 12 or more than 19 digits.
    AccountLength,
    /// The last digit is no check digit of the others.
    AccountCheckDigit,
}

impl Reason {
    /// Whether no valid number can have it; else it only warns.
    pub const fn is_bad(self) -> bool {
        !matches!(
            self,
            Self::IdAge
                | Self::IdArea
                | Self::IdOldForm
                | Self::PlateLetters
                | Self::PlateForces
                | Self::VinCheckDigit
                | Self::AccountCheckDigit
        )
    }

    /// A stable word for machines.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        self.row().1
    }

    /// In English.
    pub const fn en(self) -> &'static str {
        self.row().2
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a table: one row a reason, none can be forgotten"
    )]
    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Empty => ("EMPTY", "没有填写", "nothing is filled in"),
            Self::IdLength => (
                "ID_LENGTH",
                "身份证号码应为 18 位（旧证 15 位）：请核对位数",
                "an ID number has 18 characters (old ones 15): count them",
            ),
            Self::IdCharacter => (
                "ID_CHARACTER",
                "身份证号码只能是数字，末位可为 X：请核对",
                "an ID number holds digits only, X at the end at most: check it",
            ),
            Self::IdChecksum => (
                "ID_CHECKSUM",
                "校验码不符，必有一位抄错或两位颠倒：请对照证件",
                "the check character does not fit, so a digit is wrong or two are swapped: compare with the card",
            ),
            Self::IdDate => (
                "ID_DATE",
                "第 7 至 14 位不是真实的出生日期：请对照证件",
                "the date of birth is no day of the calendar: compare with the card",
            ),
            Self::IdFuture => (
                "ID_FUTURE",
                "出生日期晚于核对当日：请对照证件",
                "the date of birth lies in the future: compare with the card",
            ),
            Self::IdAge => (
                "ID_AGE",
                "年龄超过 120 岁：请确认出生年份",
                "the person would be over 120 years old: confirm the year of birth",
            ),
            Self::IdProvince => (
                "ID_PROVINCE",
                "前两位不是任何省级行政区：请对照证件",
                "the first digits are no province: compare with the card",
            ),
            Self::IdArea => (
                "ID_AREA",
                "第 3 至 6 位不像市县代码：请对照证件",
                "digits 3 to 6 do not look like a county: compare with the card",
            ),
            Self::IdOldForm => (
                "ID_OLD_FORM",
                "15 位旧号码没有校验码：请录入现行 18 位证件",
                "an old number of 15 digits has no check: enter the one of the present card",
            ),
            Self::PlateForm => (
                "PLATE_FORM",
                "不是现行号牌的式样：请对照号牌，例如 粤A12345、粤AD12345、粤A1234挂",
                "no plate has this form: compare with the plate, such as 粤A12345, 粤AD12345, 粤A1234挂",
            ),
            Self::PlateProvince => (
                "PLATE_PROVINCE",
                "号牌应以省、自治区、直辖市简称开头：请对照号牌",
                "a plate begins with the character of a province: compare with the plate",
            ),
            Self::PlateOffice => (
                "PLATE_OFFICE",
                "省份简称之后应为发牌机关字母（没有 I、O）：请对照号牌",
                "after the province comes the letter of the issuing office, never I or O: compare with the plate",
            ),
            Self::PlateCharacter => (
                "PLATE_CHARACTER",
                "号牌序号没有字母 I 和 O：请改为数字 1 或 0",
                "no plate has the letters I and O in its serial part: use the digits 1 and 0",
            ),
            Self::PlateLetters => (
                "PLATE_LETTERS",
                "号牌序号通常最多两个字母：请对照号牌",
                "a serial part has two letters at most: compare with the plate",
            ),
            Self::PlateForces => (
                "PLATE_FORCES",
                "像是军队或武警号牌，不属于 GA 36：请以照片为准",
                "it looks like a plate of the armed forces, which GA 36 does not cover: rely on the photo",
            ),
            Self::VinLength => (
                "VIN_LENGTH",
                "车架号应为 17 位：请核对位数",
                "a VIN has 17 characters: count them",
            ),
            Self::VinCharacter => (
                "VIN_CHARACTER",
                "车架号只有数字和大写字母，没有 I、O、Q：请改为 1、0 或重新核对",
                "a VIN holds digits and letters but never I, O or Q: use 1 or 0, or read it again",
            ),
            Self::VinCheckDigit => (
                "VIN_CHECK_DIGIT",
                "第 9 位校验位不符：可能抄错，也可能是不用校验位的进口车，请对照照片",
                "the check digit in place 9 does not fit: misread, or a make that has none; compare with the photo",
            ),
            Self::MobileLength => (
                "MOBILE_LENGTH",
                "手机号应为 11 位数字：请核对位数",
                "a mobile number has 11 digits: count them",
            ),
            Self::MobilePrefix => (
                "MOBILE_PREFIX",
                "手机号应以 13 至 19 开头：请核对",
                "a mobile number begins with 13 to 19: check it",
            ),
            Self::AccountCharacter => (
                "ACCOUNT_CHARACTER",
                "收款账号只能是数字：请核对",
                "an account number holds digits only: check it",
            ),
            Self::AccountLength => (
                "ACCOUNT_LENGTH",
                "收款账号应为 12 至 19 位：请核对位数",
                "an account number has 12 to 19 digits: count them",
            ),
            Self::AccountCheckDigit => (
                "ACCOUNT_CHECK_DIGIT",
                "末位校验不符：若是银行卡则有误，对公账户可忽略；请对照卡或账户证明",
                "the last digit does not fit: wrong if it is a card, usual for accounts of companies; compare with the card",
            ),
        }
    }
}
