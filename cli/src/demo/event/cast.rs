//! Villages, people and contracts of the event; everything plainly invented.

/// A contract's share of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contract {
    Housing,
    Official,
    Sanitation,
    Aviation,
    Report,
}

impl Contract {
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Housing => "huzhu-rural-housing",
            Self::Official => "shaoguan-official-vehicles",
            Self::Sanitation => "huangpu-sanitation-vehicles",
            Self::Aviation => "guangzhou-police-aviation",
            Self::Report => "insurer-fnol-policy",
        }
    }
}

/// A village or district: the scope of one phone or two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Village {
    pub(super) name: &'static str,
    pub(super) contract: Contract,
    /// Degrees north and east of its middle.
    pub(super) place: (f64, f64),
    /// Its share of a hundred cases.
    pub(super) share: usize,
    pub(super) surveyor: &'static str,
}

const fn village(
    name: &'static str,
    contract: Contract,
    place: (f64, f64),
    (share, surveyor): (usize, &'static str),
) -> Village {
    Village {
        name,
        contract,
        place,
        share,
        surveyor,
    }
}

use Contract::{Aviation, Housing, Official, Report, Sanitation};

/// Eight villages under the hail, four districts of the other contracts.
pub(super) const VILLAGES: [Village; 12] = [
    village(
        "示例县青石村",
        Housing,
        (36.842, 101.953),
        (11, "查勘员 岳一"),
    ),
    village(
        "示例县柳湾村",
        Housing,
        (36.861, 101.982),
        (10, "查勘员 岳二"),
    ),
    village(
        "示例县上河村",
        Housing,
        (36.818, 102.004),
        (9, "查勘员 岳三"),
    ),
    village(
        "示例县下河村",
        Housing,
        (36.801, 101.968),
        (8, "查勘员 岳四"),
    ),
    village(
        "示例县白杨村",
        Housing,
        (36.879, 101.921),
        (8, "查勘员 岳五"),
    ),
    village(
        "示例县红土村",
        Housing,
        (36.829, 101.898),
        (7, "查勘员 岳六"),
    ),
    village(
        "示例县石桥村",
        Housing,
        (36.792, 102.037),
        (6, "查勘员 岳七"),
    ),
    village(
        "示例县云台村",
        Housing,
        (36.893, 102.012),
        (5, "查勘员 岳八"),
    ),
    village(
        "韶关示例车队",
        Official,
        (24.801, 113.592),
        (20, "查勘员 粤一"),
    ),
    village(
        "黄埔示例片区",
        Sanitation,
        (23.181, 113.459),
        (10, "查勘员 粤二"),
    ),
    village(
        "警航示例基地",
        Aviation,
        (23.322, 113.321),
        (1, "查勘员 粤三"),
    ),
    village("示例报案点", Report, (23.129, 113.264), (5, "查勘员 粤四")),
];

/// The second surveyor of the first two villages, who now and then writes something else.
pub(super) const SECOND: &str = "协勘 岳九";

const FAMILY: [&str; 16] = [
    "赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨",
];
const GIVEN: [&str; 10] = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];

/// The name of the householder or driver of a case: a placeholder as old as the language.
pub(super) fn person(case: usize) -> String {
    let pick = |list: &[&'static str], at: usize| {
        list.get(at % list.len().max(1)).copied().unwrap_or("某")
    };
    let (family, first, second) = (
        pick(&FAMILY, case),
        pick(&GIVEN, case / 16),
        pick(&GIVEN, case / 160 + case % 7),
    );
    format!("{family}{first}{second}")
}
