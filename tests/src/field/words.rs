//! Two districts that share no name, place or text.

/// What people of a district are called, where they live and what they write.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Surnames.
    pub surnames: &'static [&'static str],
    /// Characters of given names.
    pub given: &'static [&'static str],
    /// Towns.
    pub towns: &'static [&'static str],
    /// Villages.
    pub villages: &'static [&'static str],
    /// Causes of loss.
    pub causes: &'static [&'static str],
    /// Lines of business.
    pub lines: &'static [&'static str],
    /// Pieces of what is written about a loss.
    pub phrases: &'static [&'static str],
    /// Kinds of objects.
    pub kinds: &'static [&'static str],
    /// Structures of houses.
    pub structures: &'static [&'static str],
    /// Rooms.
    pub rooms: &'static [&'static str],
    /// Grades of damage.
    pub grades: &'static [&'static str],
    /// Loss items.
    pub items: &'static [&'static str],
    /// Units.
    pub units: &'static [&'static str],
    /// Shots.
    pub slots: &'static [&'static str],
    /// Captions.
    pub captions: &'static [&'static str],
}

/// The district whose bytes are counted.
pub const MEASURED: Words = Words {
    surnames: &["王", "李", "马", "祁", "鲁", "韩", "星", "白", "乔", "冶"],
    given: &[
        "小", "明", "强", "秀", "英", "发", "存", "良", "玉", "兰", "成", "财", "生", "全", "花",
    ],
    towns: &[
        "五十镇",
        "威远镇",
        "丹麻镇",
        "哈拉直沟乡",
        "东沟乡",
        "松多乡",
    ],
    villages: &[
        "三村",
        "大庄",
        "寺滩",
        "北庄",
        "班彦",
        "纳卡",
        "塘拉",
        "桦林",
        "索卜沟",
    ],
    causes: &["雹灾", "暴雨", "大风", "雪压", "山洪"],
    lines: &["农房", "农村住房", "民房"],
    phrases: &[
        "夜里冰雹砸坏屋面瓦片",
        "堂屋漏水",
        "山墙开裂约两指宽",
        "院墙倒塌一段",
        "椽子折断三根",
        "炕面塌陷",
        "雨水从后墙渗入",
        "粮食受潮",
        "羊棚顶被掀翻",
        "无人受伤",
        "户主在场",
        "邻居作证",
        "已用塑料布遮盖",
        "地基下沉",
        "门框变形",
        "玻璃碎了五块",
        "电线脱落",
        "烟囱歪斜",
    ],
    kinds: &["正房", "东厢房", "西厢房", "伙房", "羊棚", "粮仓"],
    structures: &["土木", "砖木", "砖混"],
    rooms: &["堂屋", "东屋", "西屋", "灶房", "南房", "杂物间"],
    grades: &["轻微", "部分损坏", "倒塌"],
    items: &[
        "红瓦",
        "小青瓦",
        "檩条",
        "椽子",
        "后墙抹灰",
        "木门扇",
        "铝窗",
        "地砖",
        "石膏顶",
        "砖砌院墙",
        "炕板",
        "灶台",
        "彩钢顶",
        "防水卷材",
        "屋脊",
        "水泥地面",
        "排水沟",
        "木格窗",
    ],
    units: &["平方米", "根", "扇", "块", "米"],
    slots: &["roof", "front", "crack", "inside", "neighbour"],
    captions: &[
        "屋面破洞",
        "山墙裂缝",
        "室内积水",
        "院墙缺口",
        "折断的椽子",
        "受潮的粮袋",
        "门牌与房屋正面",
        "冰雹与卷尺",
    ],
};

/// The district that the dictionary is made from.
pub const TRAINING: Words = Words {
    surnames: &[
        "陈", "林", "黄", "何", "罗", "梁", "谢", "邓", "潘", "廖", "赵", "孙", "周", "吴", "郑",
    ],
    given: &[
        "伟", "芳", "娜", "敏", "静", "丽", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "超",
        "霞", "平", "刚",
    ],
    towns: &[
        "太平街道",
        "河东乡",
        "新安镇",
        "石门镇",
        "青龙乡",
        "白云街道",
        "高桥镇",
        "柳林镇",
    ],
    villages: &[
        "一组",
        "上坝",
        "下湾",
        "中心社区",
        "向阳",
        "前进",
        "红旗",
        "和平",
        "双桥",
        "长岭",
        "水口",
    ],
    causes: &["火灾", "台风", "地震", "泥石流", "碰撞", "水管爆裂"],
    lines: &["企财", "车险", "家财", "校舍"],
    phrases: &[
        "上午厨房起火烧毁橱柜",
        "消防队到场扑灭",
        "客厅天花板发黑",
        "阳台护栏变形",
        "地下室进水半米",
        "仓库货物淹没",
        "车辆前保险杠脱落",
        "右前大灯破碎",
        "围墙向外倾斜",
        "彩板被台风刮走",
        "办公桌椅泡水",
        "电梯停运",
        "被保险人提供了发票",
        "保安在现场",
        "损失待核实",
        "已拍照留存",
        "走廊瓷砖空鼓",
        "外墙保温层脱落",
        "设备短路",
        "管道接口开裂",
    ],
    kinds: &["厂房", "办公楼", "车库", "住宅楼", "商铺", "教学楼"],
    structures: &["钢结构", "框架", "剪力墙"],
    rooms: &[
        "客厅",
        "主卧",
        "厨房",
        "卫生间",
        "阳台",
        "走廊",
        "地下室",
        "会议室",
    ],
    grades: &["一级", "二级", "三级", "四级"],
    items: &[
        "前保险杠",
        "大灯总成",
        "乳胶漆",
        "实木地板",
        "橱柜",
        "铝扣板",
        "瓷砖",
        "防盗门",
        "空调外机",
        "货架",
        "电缆",
        "配电箱",
        "玻璃幕墙",
        "保温板",
        "石材台面",
        "卷帘门",
        "吊顶龙骨",
        "踢脚线",
        "洁具",
        "灯具",
    ],
    units: &["件", "套", "个", "立方米", "台"],
    slots: &["outside", "detail", "plate", "meter", "street"],
    captions: &[
        "起火点",
        "被淹货物",
        "车头损伤",
        "外墙脱落处",
        "天花板",
        "设备铭牌",
        "整体外观",
        "道路与周边",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_two_districts_share_no_word() {
        let all = |words: &Words| -> BTreeSet<&str> {
            let lists = [
                words.surnames,
                words.given,
                words.towns,
                words.villages,
                words.causes,
                words.lines,
                words.phrases,
                words.kinds,
                words.structures,
                words.rooms,
                words.grades,
                words.items,
                words.units,
                words.slots,
                words.captions,
            ];
            lists.iter().flat_map(|list| list.iter().copied()).collect()
        };
        let both: Vec<_> = all(&MEASURED)
            .intersection(&all(&TRAINING))
            .copied()
            .collect();
        assert!(both.is_empty(), "{both:?}");
    }
}
