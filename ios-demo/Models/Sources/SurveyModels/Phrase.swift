import Foundation
import LossbookKit

/// Everything the app itself says, in Simplified Chinese and English. What the core says comes with
/// both languages from there.
public enum Phrase: String, CaseIterable, Sendable {
    // MARK: Screens

    case tasks = "任务 | Tasks"
    case report = "报案 | Report a loss"
    case photos = "照片 | Photos"
    case lossLines = "损失清单 | Damage and loss lines"
    case disputes = "争议 | Disputes"
    case signing = "签字确认 | Signing"
    case exchange = "同步 | Exchange"
    case bundles = "交换包 | Bundles"
    case people = "本机用户 | People on this phone"

    // MARK: What can be done

    case retry = "重试 | Try again"
    case cancel = "取消 | Cancel"
    case close = "关闭 | Close"
    case save = "保存 | Save"
    case add = "添加 | Add"
    case edit = "修改 | Edit"
    case withdraw = "撤销 | Withdraw"
    case settle = "采用此值 | Settle with this"
    case sign = "签字 | Sign"
    case refuse = "拒绝签字 | Refuses to sign"
    case clear = "清除 | Clear"
    case takePhoto = "拍照 | Take a photo"
    case chooseFromGallery = "从相册选择 | Choose from the gallery"
    case enrol = "注册本机 | Enrol this phone"
    case enrolMore = "让另一人使用本机 | Let another person in"
    case signIn = "切换到此用户 | Sign in as this person"
    case startExchange = "开始同步 | Exchange now"
    case stopExchange = "停止 | Stop"
    case share = "生成并分享 | Make and share"
    case receive = "接收交换包 | Take a bundle in"
    case search = "姓名、地点、案件号 | Name, place, case number"
    case restore = "恢复 | Restore"

    // MARK: States

    case loading = "正在读取… | Reading…"
    case slow = "仍在读取，请稍候… | Still reading, one moment…"
    case nothingHere = "还没有案件 | No cases yet"
    case noMatch = "没有符合的案件 | No case matches"
    case offline = "没有网络，已保存在本机 | No network; saved on this phone"
    case saving = "正在保存… | Saving…"
    case saved = "已保存 | Saved here"
    case received = "总部已接收 | Received by head office"
    case confirmed = "总部已确认 | Confirmed by head office"
    case working = "正在处理… | Working…"
    case done = "已完成 | Done"
    case stopped = "已停止，未丢失任何内容 | Stopped; nothing was lost"
    case storageFull = "空间不足 | Not enough room"

    // MARK: The record

    case household = "户主 | Household"
    case contract = "合同 | Contract"
    case noContract = "尚未选择合同 | No contract chosen yet"
    case otherPhotos = "其他照片 | Other photos"
    case shotTaken = "已拍 | Taken"
    case shotMissing = "待拍 | Still to take"
    case payable = "应付金额 | Payable"
    case assessed = "定损金额 | Assessed"
    case excluded = "不予赔付 | Not covered"
    case steps = "计算步骤 | How it was computed"
    case notYetPayable = "尚不能得出应付金额 | Not payable yet"
    case total = "合计 | Total"
    case covered = "属于保险责任 | Insured"
    case notCovered = "不属于保险责任 | Not insured"
    case headOffice = "由总部判断 | Head office decides"
    case missing = "缺少 | Missing"
    case findings = "疑点 | Findings"
    case decisions = "审核意见 | Decisions"
    case returned = "退回待修正 | Returned to mend"
    case reopened = "审批后有改动，已重新打开 | Reopened: changed after the decision"
    case signatures = "签字 | Signatures"
    case deadlines = "时限 | Time limits"
    case duplicates = "可能重复录入 | Probably entered twice"
    case reason = "理由 | Reason"
    case reasonHint = "理由将写入案件记录 | The reason becomes part of the record"
    case chooseValue = "请选择采用的值 | Choose the value that stands"
    case nobodyDisputes = "没有争议 | Nothing is disputed"

    // MARK: Sign-in, signing, exchange, bundles

    case enrolHint = "向总部索取注册码，在有网络时输入一次 | Ask head office for a code and enter it once, with a network"
    case enrolCode = "注册码 | Enrolment code"
    case signedInAs = "当前用户 | Signed in as"
    case notEnrolled = "本机尚未注册 | This phone is not enrolled"
    case signer = "签字人 | Signer"
    case readFirst = "请签字人阅读全文 | Let the signer read all of it"
    case signHere = "请在此处签字 | Sign here"
    case changedSinceShown = "内容已变动，请重新阅读后签字 | It changed: read it again, then sign"
    case inkMissing = "还没有笔迹 | There is no ink yet"
    case signedNow = "已签字 | Signed"
    case refusedNow = "已记录拒签 | The refusal is recorded"
    case lastExchange = "上次同步 | Last exchange"
    case neverExchanged = "还没有同步过 | Never exchanged yet"
    case entriesLeft = "待发送记录 | Entries to send"
    case photosLeft = "待发送照片 | Photos to send"
    case bytesLeft = "待发送字节 | Bytes to send"
    case nothingLeft = "全部已送达总部 | Head office has everything"
    case noWay = "无法连接总部，请检查网络 | No way to head office: check the network"
    case tlsTrouble = "总部证书不受信任，请核对地址 | Head office's certificate is not trusted: check the address"
    case weakNetwork = "连接中断，请稍后再试 | The connection broke: try again later"
    case toHeadOffice = "总部 | Head office"
    case bundleMade = "交换包已生成，可交给他人带走 | The bundle is made: hand it to somebody"
    case bundleTaken = "交换包已接收 | The bundle was taken in"
    case bundleHint = "没有网络时，用文件交换；只有接收人能打开 | Without a network, hand over a file; only the receiver can open it"
    case waitingParts = "还缺其他分卷 | Other parts are still to come"

    // MARK: What to do about it

    case helpUnlock = "解锁后重试 | Unlock, then try again"
    case helpFree = "释放空间后重试 | Free some room, then try again"
    case helpUpdate = "在应用商店更新；内容未受影响 | Update the app; nothing was touched"
    case helpSalvage = "请勿删除应用，联系总部导出数据 | Do not delete the app: ask head office to salvage the data"
    case helpSupport = "请把编号告诉技术支持 | Tell support this number"
    case helpNewCode = "请向总部索取新的注册码 | Ask head office for a new code"
    case helpSettle = "先解决争议 | Settle the dispute first"
    case helpEnrol = "先注册本机 | Enrol this phone first"
    case helpRefresh = "刷新后再看 | Refresh and look again"
    case helpWait = "稍后自动重试 | It will be tried again"
    case helpOffice = "请联系总部 | Ask head office"
    case helpField = "请修改标出的内容 | Mend what is marked"
    case helpAgain = "请再试一次 | Please try again"

    /// Chinese and English.
    public var both: (zh: String, en: String) {
        let halves = rawValue.components(separatedBy: " | ")
        return (halves[0], halves[halves.count - 1])
    }

    /// The words in a language.
    public func text(in language: Language) -> String {
        language == .zh ? both.zh : both.en
    }
}
