//! Every code that may reach an app, in Chinese and English. Sentences are fixed: no name, place or
//! amount is ever part of one.

/// A stable code with its words.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Words {
    /// For programs; it never changes.
    pub code: String,
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// The words of a code; one that nobody knows reads as a fault of ours.
    pub(crate) fn of(code: &str) -> Self {
        let (zh, en) = known(code).unwrap_or(("内部错误，请联系支持", "an internal fault"));
        Self::new(code, zh, en)
    }

    pub(crate) fn new(code: &str, zh: &str, en: &str) -> Self {
        Self {
            code: code.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// The words of a code that is known.
pub(crate) fn known(code: &str) -> Option<(&'static str, &'static str)> {
    let found = SENTENCES.iter().find(|(known, _, _)| *known == code);
    found.map(|(_, zh, en)| (*zh, *en))
}

/// Code, Chinese, English.
#[rustfmt::skip]
const SENTENCES: &[(&str, &str, &str)] = &[
    // What was typed.
    ("unknown_path", "没有这个字段", "there is no such field"),
    ("unknown_field", "没有这个字段", "there is no such field"),
    ("unknown_section", "没有这个部分，或该部分不能加行", "there is no such section, or it takes no rows"),
    ("bad_id", "编号格式不对", "this is no id"),
    ("bad_value", "填写的内容格式不对", "this value does not fit the field"),
    ("bad_text", "文字过长，最多约 8 千字节", "the text is too long: at most 8 KiB"),
    ("bad_prose", "文字过长，最多 1800 字", "the text is too long: at most 1,800 characters"),
    ("bad_money", "请填写金额（元），最多两位小数，如 1250.50", "write an amount in yuan, such as 1250.50"),
    ("bad_number", "请填写数字，最多三位小数，如 12.5", "write a number with at most three decimals, such as 12.5"),
    ("bad_moment", "请填写时间（自 1970 年起的毫秒数）", "write milliseconds since 1970 UTC"),
    ("bad_digest", "请填写 64 位十六进制照片指纹", "write a SHA-256 digest of 64 hexadecimal digits"),
    ("bad_position", "请填写纬度,经度（非 WGS-84 时注明坐标系），如 36.834,101.952 gcj02", "write latitude,longitude and the datum if it is not WGS-84, such as 36.834,101.952 gcj02"),
    ("bad_place", "位置不在地球范围内", "this position is not on the globe"),
    ("bad_page", "翻页标记无效，请从头读取", "this page mark is none: read from the beginning"),
    ("bad_case", "案件文件有误", "this is no case file"),
    ("bad_time", "请填写带时区的时间，如 2025-07-01T15:20+08:00", "write a time with its offset, such as 2025-07-01T15:20+08:00"),
    ("bad_check", "没有这种校验：可用 id、plate、vin、mobile、account", "there is no such check: use id, plate, vin, mobile or account"),
    ("edit_too_large", "一次修改的内容过大，请分几次保存", "this edit is too large: save it in parts"),
    ("case_full", "本案修改次数已达上限，请联系总部另立案件", "this case has reached its number of changes: ask head office for a new case"),
    ("no_reason", "请填写理由，理由会记入案件", "say why: the reason becomes part of the record"),
    ("not_standing", "请从现有的几个值中选择", "choose one of the values that stand"),
    ("unknown_row", "该行不存在", "there is no such row"),
    // What is not here.
    ("no_store", "此处没有数据，请先新建并注册", "there is no store here: make one and enrol"),
    ("store_exists", "此处已有数据", "there is a store here already"),
    ("unknown_case", "本机没有此案件，可先同步", "there is no such case here: synchronise first"),
    ("unknown_scope", "没有此区域，或无权在此区域工作", "there is no such area here"),
    ("unknown_person", "总部未在本机授权此人", "the hub vouched for nobody of that name here"),
    ("unknown_photo", "本机没有这张照片", "there is no such photo here"),
    ("unknown_shutter", "该快门编号不在等待保存之列", "no shot with this number waits to be kept"),
    ("unknown_heads", "本机没有该版本记录，请先同步", "this state of the case is not here: synchronise first"),
    ("no_signature", "没有这个签名", "there is no such signature"),
    ("unknown_contract", "本机不认识该合同", "this contract is not known here"),
    ("unknown_to_pack", "合同不认识案件中的某个编号或版本", "the contract does not know an id or a version in this case"),
    ("unknown_receiver", "没有唯一的接收设备", "no one device here is called so"),
    ("unknown_carried", "没有这样的代送包", "no such bundle is carried here"),
    ("carried_gone", "总部已收到该代送包，本机已释放", "the hub has this bundle, and its bytes were let go of here"),
    ("not_on_shelf", "当前清单中没有该规则包", "no current rule pack has this digest"),
    // What must come first.
    ("closed", "数据已关闭，请重新打开", "the home was closed: open it again"),
    ("not_enrolled", "本机尚未注册，请先输入注册码", "this device is not enrolled: use an enrolment code first"),
    ("already_enrolled", "本机已经注册", "this device is enrolled already"),
    ("bad_invite", "注册码不完整或有错，请重新扫描", "this enrolment code is wrong: scan it again"),
    ("invite_refused", "总部不接受此注册码（可能已用过或已过期），请索取新的", "head office does not take this code: ask for a new one"),
    ("other_hub", "属于另一家机构", "this belongs to another hub"),
    ("contested", "此处有不同的值，请先说明理由并选定", "different values stand here: settle them first"),
    ("not_contested", "此处没有争议", "nothing is contested here"),
    ("no_lines", "还没有损失项目，无可签字", "the case has no loss line: there is nothing to sign"),
    ("no_total", "各项合计不是有效金额", "the lines do not add up to an amount"),
    ("statement_changed", "显示之后内容有变，请重新阅读后再签", "the case reads otherwise than what was shown: show it again"),
    ("own_signature", "见证人须在自己的设备上见证", "a witness signs on a device of their own"),
    ("no_contract", "报案信息中未选合同", "the report names no contract"),
    ("sync_running", "正在同步", "an exchange is going on already"),
    ("cancelled", "已取消", "it was stopped"),
    ("hub_takes_all", "发往总部的包不能只含部分案件", "head office takes everything: name no cases"),
    ("part_too_small", "分卷过小", "the parts are too small"),
    ("no_shared_scope", "与接收方没有共同可读的范围", "there is nothing that every receiver may read"),
    // Rights.
    ("not_allowed", "您的角色无权进行此操作", "your role does not include this"),
    ("receiver_revoked", "接收设备已被总部停用", "the receiver was withdrawn by head office"),
    // Photos and files.
    ("empty", "文件是空的，请重新拍摄或选择", "the file is empty: take or choose it again"),
    ("not_a_photo", "不是照片或录像", "this is neither a photo nor a recording"),
    ("too_large", "文件过大（照片最多 128 MiB）", "the file is too large (a photo has at most 128 MiB)"),
    ("changed", "读取时文件被改动，请重试", "the file changed while it was read: try again"),
    ("photo_changed", "读取时照片被改动，请重试", "the photo changed while it was read: try again"),
    ("unreadable", "文件无法读取", "the file cannot be read"),
    ("unwritable", "文件无法写入", "the file cannot be written"),
    ("file_exists", "文件已存在，请换一个名称", "the file is there already: choose a new name"),
    ("no_font", "缺少中文字体", "a font with Chinese characters is missing"),
    ("no_glyph", "字体缺少某个字", "the font lacks a character"),
    ("bad_region", "遮盖区域无效", "a region lies outside the picture"),
    ("index_foreign", "不是照片外观索引", "this is no index of looks"),
    ("index_length", "照片外观索引不完整", "this index of looks is cut"),
    ("index_order", "照片外观索引顺序有误", "this index of looks is out of order"),
    ("truncated", "照片文件不完整", "the photo is cut short"),
    ("damaged_photo", "照片文件有损坏", "the photo is damaged in part"),
    ("no_dimensions", "照片没有尺寸信息", "the photo does not say its size"),
    ("pixels_too_many", "照片像素过多", "the photo has too many pixels"),
    ("metadata_too_large", "照片附带信息过大", "the photo's metadata are too large"),
    ("exif_unreadable", "照片附带信息无法读取", "the photo's EXIF cannot be read"),
    ("exif_partial", "照片附带信息只能读取一部分", "the photo's EXIF can be read in part"),
    ("xmp_partial", "照片 XMP 信息只能读取一部分", "the photo's XMP can be read in part"),
    ("xmp_disagrees", "照片的 EXIF 与 XMP 不一致", "EXIF and XMP of the photo disagree"),
    ("bad_orientation", "照片方向信息无效", "the photo's orientation is none"),
    ("time_unreadable", "照片时间无法读取", "the photo's time cannot be read"),
    ("gps_unreadable", "照片位置无法读取", "the photo's position cannot be read"),
    ("gps_out_of_range", "照片位置超出范围", "the photo's position is not on the globe"),
    ("gps_at_zero", "照片位置为零点", "the photo's position is zero, zero"),
    ("gps_date_disagrees", "照片的卫星日期与时间不一致", "the photo's satellite date and its time disagree"),
    ("no_preview", "无法生成预览", "no preview can be made"),
    ("too_dark", "照片过暗，建议重拍", "the photo is very dark: take it again"),
    ("too_bright", "照片过亮，建议重拍", "the photo is very bright: take it again"),
    ("blurred", "照片可能模糊，建议重拍", "the photo may be blurred: take it again"),
    ("thumbnail_embedded", "缩略图取自照片内嵌小图", "the thumbnail comes from the small picture inside the photo"),
    ("thumbnail_failed", "无法生成缩略图，原片已保存", "no thumbnail could be made; the original is saved"),
    // Bundles and other phones.
    ("bundle_write", "无法写入交换包", "the bundle cannot be written"),
    ("bundle_read", "交换包读取中断", "the bundle cannot be read further"),
    ("not_a_bundle", "不是交换包文件", "this is no bundle"),
    ("not_for_us", "此包不是给本机的，或开头已损坏", "this bundle is for others, or its beginning is damaged"),
    ("other_content", "文件内不是交换包", "there is no bundle in this file"),
    ("newer_bundle", "此包由更新版本制作，请先升级应用", "this bundle is of a newer version: update the app"),
    ("unknown_sender", "制作者未经总部认证", "the hub did not vouch for the maker of this bundle"),
    ("unsigned_bundle", "包头签名不符", "the header of this bundle is not signed by its maker"),
    ("sender_revoked", "制作者已被总部停用", "the maker of this bundle was withdrawn"),
    ("carry_too_large", "代送文件过大，请让对方分卷", "the file to carry is too large: ask for parts"),
    ("bundle_damaged", "交换包有损坏，完好部分已导入", "the bundle is damaged; its good parts were taken in"),
    ("bundle_cut", "交换包不完整，已导入可读部分", "the bundle is cut; what could be read was taken in"),
    ("not_a_peer", "对方不是本系统的手机", "the other side is no phone of this system"),
    ("newer_peer", "对方版本较新，请先升级应用", "the other phone is newer: update the app"),
    ("handshake", "与对方手机未能建立加密连接", "no encrypted connection to the other phone"),
    ("unknown_peer", "对方手机未经总部认证", "the hub did not vouch for the other phone"),
    ("peer_revoked", "对方手机已被总部停用", "the other phone was withdrawn"),
    ("same_phone", "这是本机自己", "this is the same phone"),
    ("refused_by_peer", "对方手机拒绝", "the other phone refused"),
    ("peer_malformed", "对方发来的内容无法识别", "what the other phone sent makes no sense"),
    ("peer_store", "与对方交换时本机存储出错", "storing failed while meeting the other phone"),
    // The host.
    ("key_locked", "密钥库已锁定，请先解锁", "the key store is locked: unlock it"),
    ("wrong_key", "密钥不符，请解锁正确的密钥库", "the key does not open this store"),
    ("key_lost", "本机密钥文件丢失，数据无法打开，请联系总部", "the key file is gone and the data cannot be opened: ask head office"),
    ("key_failed", "密钥库出错", "the key store failed"),
    ("host_failed", "系统功能调用失败", "the platform failed to answer"),
    // Room and damage.
    ("disk_full", "存储空间已满，请清理后重试；已保存的内容不受影响", "the disk is full: free some space; what is saved stays saved"),
    ("no_room", "剩余空间不足，已为报案和签字预留，请清理后重试", "little room is left and kept for reports and signatures: free some space"),
    ("damaged", "本机数据有损坏，请勿删除，先导出再联系总部", "the data here are damaged: delete nothing, export and ask head office"),
    ("vault", "某个加密文件有损坏", "an encrypted file is damaged"),
    ("in_use", "数据正被另一进程使用，请稍后重试", "the data are in use: try again shortly"),
    ("file_system", "文件系统出错，请稍后重试", "the file system failed: try again"),
    ("newer_store", "数据由更新版本的应用建立，请先升级应用；数据未被改动", "these data were made by a newer app: update; nothing was touched"),
    // Head office.
    ("wrong_hub", "应答的不是注册码所指的总部，请核对地址", "another hub answered than the code names: check the address"),
    ("bad_certificate", "证书不是总部签发的", "the hub did not sign this certificate"),
    ("reference_gap", "参考数据不连续，将重新获取", "reference data came with a gap and will be fetched again"),
    ("bad_reference", "参考数据无法识别", "reference data make no sense"),
    ("bad_shelf", "规则包清单无法识别", "the list of rule packs makes no sense"),
    ("shelf_old", "规则包清单比本机的旧", "the list of rule packs is older than the one here"),
    ("bad_pack", "规则包无法读取，请升级应用", "a rule pack cannot be read: update the app"),
    ("no_network", "没有网络，已保存的内容会在下次同步时发出", "there is no network; what is saved goes with the next exchange"),
    ("weak_network", "网络不稳定，未完成；已保存的内容会继续发出", "the connection broke again and again; what is saved goes on later"),
    ("no_answer", "总部没有应答，请稍后重试", "head office does not answer: try again later"),
    ("no_exchange", "总部未完成交换，请稍后重试", "the hub did not complete the exchange: try again later"),
    ("tls", "总部的证书不可信，请核对地址", "the hub's certificate is not trusted: check the address"),
    ("hub_refused", "总部拒绝了请求", "head office refused"),
    ("revoked", "该设备已被总部撤销", "head office withdrew this device"),
    ("update_needed", "需要升级应用才能接收，已有内容仍会发出", "the app must be updated to receive; what is here still goes out"),
    ("need_auth", "总部不认可本机身份，请联系总部", "the hub does not accept this device: ask head office"),
    // Ours.
    ("record", "案件记录有误", "a case record does not fit"),
    ("stored_value", "存储内容无法识别", "a stored value makes no sense"),
    ("database", "数据库出错", "the database failed"),
    ("internal", "内部错误，请联系支持并提供日志", "an internal fault: send us the log"),
    ("handle_broken", "程序出错后已停止使用本次打开的数据，请重新打开", "after a fault this handle refuses: open the home again"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice_and_none_lacks_words() {
        let mut codes: Vec<&str> = SENTENCES.iter().map(|(code, _, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), SENTENCES.len());
        assert!(
            SENTENCES
                .iter()
                .all(|(_, zh, en)| !zh.is_empty() && !en.is_empty())
        );
    }
}
