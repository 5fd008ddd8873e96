//! Findings in Chinese and English, made from code, case and numbers.

use super::{Finding, FindingCode};

/// Code, case, Chinese, English; `{name}` stands for a number.
type Sentence = (FindingCode, &'static str, &'static str, &'static str);

use FindingCode::{
    ClockSet, MockedPosition, Origin, PlaceDevice, PlaceInsured, PlaceOthers, ShutterGap,
    TimeCamera, TimeDevice, TimeHub, TimeSatellites, Travel,
};

const SENTENCES: &[Sentence] = &[
    (
        Origin,
        "in_app",
        "由本应用相机拍摄",
        "taken with the app's own camera",
    ),
    (
        Origin,
        "gallery",
        "取自手机相册，不是现场拍摄",
        "from the phone's gallery, not taken here",
    ),
    (
        Origin,
        "imported",
        "从别处导入的文件",
        "a file imported from elsewhere",
    ),
    (
        Origin,
        "bundle",
        "随数据包从他人手机收到",
        "received in a bundle from another phone",
    ),
    (
        Origin,
        "in_app_demanded",
        "该拍摄项只接受本应用相机的照片",
        "this shot must be taken with the app's own camera",
    ),
    (
        ShutterGap,
        "not_counted",
        "不是本应用相机拍摄，没有快门编号",
        "not from the app's camera: no shutter number",
    ),
    (
        ShutterGap,
        "no_gap",
        "快门编号 {number}，与前一张相连",
        "shutter number {number} follows the one before",
    ),
    (
        ShutterGap,
        "gap",
        "快门编号 {number}，前一张为 {kept_before}：有 {missing} 张没有保留",
        "shutter number {number} after {kept_before}: {missing} shots were not kept",
    ),
    (
        MockedPosition,
        "no_fix",
        "没有设备定位",
        "no position from the device",
    ),
    (
        MockedPosition,
        "receiver",
        "定位来自接收机",
        "the position came from a receiver",
    ),
    (
        MockedPosition,
        "program",
        "系统标明定位由程序模拟",
        "the system says that a program made the position up",
    ),
    (
        PlaceDevice,
        "no_pair",
        "照片或设备没有位置，无法比较",
        "photo or device has no position to compare",
    ),
    (
        PlaceDevice,
        "distance",
        "照片自称位置与设备定位相距 {metres} 米",
        "the photo's position is {metres} m from the device's",
    ),
    (
        PlaceDevice,
        "shifted_grid",
        "照片位置与设备相距 {metres} 米；按 GCJ-02 解读只差 {metres_as_gcj02} 米",
        "{metres} m from the device, but {metres_as_gcj02} m if its degrees are GCJ-02",
    ),
    (
        PlaceOthers,
        "no_pair",
        "没有其他照片的位置可比较",
        "no position of other photos to compare",
    ),
    (
        PlaceOthers,
        "distance",
        "本案其他 {photos} 张照片中较近的一半，最远相距 {metres} 米",
        "the nearer half of the case's {photos} other photos lies within {metres} m",
    ),
    (
        PlaceInsured,
        "no_pair",
        "照片没有位置，或投保地址没有坐标",
        "the photo has no position or the insured address none",
    ),
    (
        PlaceInsured,
        "distance",
        "与投保地址相距 {metres} 米",
        "{metres} m from the insured address",
    ),
    (
        Travel,
        "no_pair",
        "没有同一设备的前一张可比较",
        "no shot of this device before it to compare",
    ),
    (
        Travel,
        "no_clock",
        "没有可信的时间间隔，无法计算速度",
        "no trustworthy interval to compute a speed",
    ),
    (
        Travel,
        "speed",
        "距前一张 {metres} 米，{seconds} 秒，每小时 {km_h} 公里",
        "{metres} m from the shot before in {seconds} s: {km_h} km/h",
    ),
    (
        TimeCamera,
        "no_pair",
        "照片没有拍摄时间，无法比较",
        "the photo claims no time to compare",
    ),
    (
        TimeCamera,
        "one_clock",
        "照片时间比设备时钟快 {seconds} 秒",
        "the photo's time is {seconds} s ahead of the device's clock",
    ),
    (
        TimeCamera,
        "in_the_future",
        "照片时间在设备时钟之后 {seconds} 秒",
        "the photo claims to be taken {seconds} s after it was added",
    ),
    (
        TimeCamera,
        "age",
        "拍摄于加入之前 {hours} 小时",
        "taken {hours} hours before it was added",
    ),
    (
        TimeSatellites,
        "no_pair",
        "照片没有卫星时间或拍摄时间",
        "the photo lacks satellite time or camera time",
    ),
    (
        TimeSatellites,
        "difference",
        "相机时间比照片内卫星时间快 {seconds} 秒",
        "camera time is {seconds} s ahead of the satellite time in the file",
    ),
    (
        TimeSatellites,
        "another_zone",
        "相机时间与卫星时间相差 {seconds} 秒，可能设在另一时区",
        "camera and satellite time differ by {seconds} s: another time zone may explain it",
    ),
    (
        TimeDevice,
        "no_satellites",
        "没有设备的卫星时间",
        "no satellite time from the device",
    ),
    (
        TimeDevice,
        "difference",
        "设备时钟比卫星时间快 {seconds} 秒",
        "the device's clock is {seconds} s ahead of the satellites",
    ),
    (
        TimeHub,
        "no_pair",
        "没有拍摄时刻记录",
        "no moment was recorded",
    ),
    (
        TimeHub,
        "no_hub",
        "还没有总部时间可比较",
        "no hub time to compare yet",
    ),
    (
        TimeHub,
        "within",
        "在总部时间范围之内",
        "within the hub's times around it",
    ),
    (
        TimeHub,
        "before",
        "比已知的总部时间早 {seconds} 秒",
        "{seconds} s before the hub entry it already knew",
    ),
    (
        TimeHub,
        "after",
        "比总部收据晚 {seconds} 秒",
        "{seconds} s after the hub's receipt for it",
    ),
    (
        ClockSet,
        "first",
        "没有前一张可比较",
        "no shot before it to compare",
    ),
    (
        ClockSet,
        "rebooted",
        "其间重启过；只能排除时钟被调回",
        "the device was restarted in between; only a clock set back is ruled out",
    ),
    (
        ClockSet,
        "steady",
        "与前一张之间时钟未被调动",
        "the clock was not set since the shot before",
    ),
    (
        ClockSet,
        "set_back",
        "与前一张之间时钟被调动 {seconds} 秒（调回）",
        "the clock was set back since the shot before: {seconds} s",
    ),
    (
        ClockSet,
        "set_forward",
        "与前一张之间时钟被调动 {seconds} 秒（调快）",
        "the clock was set forward since the shot before: {seconds} s",
    ),
    (
        ClockSet,
        "boot_clock_ran_back",
        "同一次开机的计时倒退 {seconds} 秒，记录不可信",
        "the time since boot ran back by {seconds} s: the record contradicts itself",
    ),
];

impl Finding {
    /// In Chinese.
    pub fn zh(&self) -> String {
        self.say(|(_, _, zh, _)| zh)
    }

    /// In English.
    pub fn en(&self) -> String {
        self.say(|(_, _, _, en)| en)
    }

    fn say(&self, language: impl Fn(&Sentence) -> &'static str) -> String {
        let sentence = SENTENCES
            .iter()
            .find(|(code, case, ..)| *code == self.code && *case == self.case);
        let mut text = sentence.map_or(self.case, language).to_owned();
        for (name, number) in &self.numbers {
            text = text.replace(&format!("{{{name}}}"), &format!("{number:.0}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_and_no_sentence_is_said_twice() {
        for code in FindingCode::ALL {
            assert!(
                SENTENCES.iter().any(|(known, ..)| known == code),
                "{code:?}"
            );
        }
        for (at, (code, case, ..)) in SENTENCES.iter().enumerate() {
            let later = SENTENCES.get(at + 1..).unwrap();
            assert!(
                !later.iter().any(|(c, k, ..)| c == code && k == case),
                "{code:?} {case}"
            );
        }
    }
}
