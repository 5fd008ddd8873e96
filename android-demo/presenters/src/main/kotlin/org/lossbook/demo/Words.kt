package org.lossbook.demo

import org.lossbook.Problem
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Mark
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.Amount
import org.lossbook.ffi.CaseProgress
import org.lossbook.ffi.CaseRow
import org.lossbook.ffi.CaseStatus
import org.lossbook.ffi.CoverAnswer
import org.lossbook.ffi.DecisionAction
import org.lossbook.ffi.DeviceStatus
import org.lossbook.ffi.ExportedBundle
import org.lossbook.ffi.FieldForm
import org.lossbook.ffi.FieldKind
import org.lossbook.ffi.ImportedBundle
import org.lossbook.ffi.SignatureMark
import org.lossbook.ffi.SyncEnd
import org.lossbook.ffi.SyncPhase
import org.lossbook.ffi.SyncState
import org.lossbook.ffi.Language as StatementLanguage
import org.lossbook.ffi.Words as CoreWords

/** The language of the screens. */
enum class Language(val tag: String, val statement: StatementLanguage) {
    ZH("zh-CN", StatementLanguage.ZH), EN("en", StatementLanguage.EN)
}

/** Every text that a person reads, Chinese first. What the library says it says in both; here one is chosen. */
class Words(val language: Language) {
    /** One of two texts. */
    fun of(zh: String, en: String): String = when (language) {
        Language.ZH -> zh
        Language.EN -> en
    }

    fun of(words: CoreWords): String = of(words.zh, words.en)

    fun of(problem: Problem): String = of(problem.zh, problem.en)

    /** The contract's words for the cause of loss, else what was written. */
    fun cause(case: CaseRow): String = case.causeChoice?.let { of(it) } ?: case.cause

    // Everywhere.
    val offline = of("没有网络：照常工作，内容都保存在本机", "No network: work goes on, everything is saved here")
    val again = of("重试", "Try again")
    val opening = of("正在打开…", "Opening…")
    val save = of("保存", "Save")
    val saving = of("正在保存…", "Saving…")
    val saved = of("已保存在本机", "Saved on this phone")
    val stop = of("停止", "Stop")
    val done = of("完成", "Done")
    val reason = of("理由", "Reason")
    val reasonHint = of("写明依据，将记入案卷", "What it rests on; becomes part of the record")
    val stopped = Problem("stopped", "已停止；已确认的内容不受影响", "stopped; what was acknowledged stays so")

    // Enrolment.
    val enrolTitle = of("注册手机", "Enrol this phone")
    val enrolHow = of("请输入总部发给您的注册码。注册后，没有网络也能工作。", "Enter the code from head office. After that you can work without a network.")
    val enrolCode = of("注册码", "Enrolment code")
    val enrolHint = of("粘贴整行注册码", "Paste the whole line")
    val enrolOnce = of("注册需要一次网络连接；注册码只能用一次。", "This needs a network once. A code works once.")
    val enrol = of("注册", "Enrol")
    val enrolling = of("正在联系总部…", "Asking head office…")
    val enrolledNext = of("现在可以开始工作。首次同步会取回本区域的案件。", "You can begin. The first exchange brings the cases of your area.")
    val toTasks = of("进入任务列表", "To the tasks")

    fun enrolledAs(user: String, roles: List<String>) = of("已注册：$user（${roles.joinToString("、")}）", "Enrolled: $user (${roles.joinToString(", ")})")

    fun role(word: String) = when (word) {
        "liaison" -> of("联络员", "liaison")
        "surveyor" -> of("查勘员", "surveyor")
        "auditor" -> of("审计员", "auditor")
        else -> word
    }

    // Tasks.
    val tasks = of("任务", "Tasks")
    val search = of("查找", "Find")
    val searchHint = of("户主、地点、案件号", "Household, place, case number")
    val nothingFound = of("没有符合的案件", "Nothing matches")
    val noCases = of("还没有案件", "No cases yet")
    val noCasesHow = of("报一起新案件，或同步取回已有的案件。", "Report a loss, or synchronise to fetch what there is.")
    val noName = of("（未填户主）", "(no household)")
    val more = of("更早的案件", "Earlier cases")
    val sync = of("同步", "Sync")
    val bundle = of("交换", "Bundle")

    fun waiting(status: DeviceStatus): String {
        val entries = status.entriesWaiting
        val photos = status.photosWaiting
        if (entries == 0uL && photos == 0uL) return of("没有待发送的内容", "Nothing waits to be sent")
        return of("待发送 $entries 条记录、$photos 张照片", "To be sent: ${counted(entries, "entry", "entries")}, ${counted(photos, "photo", "photos")}")
    }

    fun mark(state: SyncState) = when (state) {
        SyncState.SAVED -> Mark(of("已保存", "saved"), Tone.WAIT)
        SyncState.RECEIVED -> Mark(of("已接收", "received"), Tone.PLAIN)
        SyncState.CONFIRMED -> Mark(of("已确认", "confirmed"), Tone.GOOD)
    }

    fun mark(status: CaseStatus) = when (status) {
        CaseStatus.OPEN -> null
        CaseStatus.ASSIGNED -> Mark(of("已派工", "assigned"), Tone.PLAIN)
        CaseStatus.RETURNED -> Mark(of("已退回", "returned"), Tone.WARN)
        CaseStatus.APPROVED -> Mark(of("已审批", "approved"), Tone.GOOD)
        CaseStatus.DENIED -> Mark(of("已拒赔", "denied"), Tone.BAD)
        CaseStatus.PAID -> Mark(of("已支付", "paid"), Tone.GOOD)
        CaseStatus.CLOSED -> Mark(of("已结案", "closed"), Tone.PLAIN)
        CaseStatus.REOPENED -> Mark(of("已重新打开", "reopened"), Tone.WARN)
    }

    fun mark(signature: SignatureMark) = when (signature) {
        SignatureMark.NONE -> null
        SignatureMark.VALID -> Mark(of("签字有效", "signed"), Tone.GOOD)
        SignatureMark.SUPERSEDED -> Mark(of("签字后有改动", "changed since signing"), Tone.WARN)
        SignatureMark.CONTESTED -> Mark(of("签字内容有争议", "signed, now disputed"), Tone.BAD)
        SignatureMark.REVOKED -> Mark(of("签字已撤回", "signature taken back"), Tone.WARN)
        SignatureMark.REFUSED -> Mark(of("拒绝签字", "refused to sign"), Tone.WARN)
    }

    fun mark(answer: CoverAnswer) = when (answer) {
        CoverAnswer.COVERED -> Mark(of("属于保险责任", "covered"), Tone.GOOD)
        CoverAnswer.NOT_COVERED -> Mark(of("不属于保险责任", "not covered"), Tone.BAD)
        CoverAnswer.HEAD_OFFICE -> Mark(of("由总部认定", "head office decides"), Tone.WAIT)
    }

    fun disputed(count: ULong): Mark? = if (count == 0uL) null else Mark(of("$count 处有争议", "$count disputed"), Tone.BAD)

    /** An amount as the library wrote it, with the sign of the currency and groups of three. */
    fun money(amount: Amount): String = amount.text.split(RANGE).joinToString(" – ") { "¥" + grouped(it) }

    private fun grouped(text: String): String {
        val (whole, cents) = text.split('.', limit = 2).let { it.first() to it.getOrElse(1) { "" } }
        val digits = whole.removePrefix("-")
        val groups = digits.reversed().chunked(GROUP).joinToString(",").reversed()
        return (if (whole == digits) "" else "-") + groups + if (cents.isEmpty()) "" else ".$cents"
    }

    // Report.
    val report = of("报案", "Report a loss")
    val savedHere = of("保存在本机，有网络时发送", "Saved on this phone, sent when there is a network")
    val scope = of("所属区域", "Area of work")
    val contract = of("保险合同", "Contract")
    val change = of("点按更改", "Touch to change")
    val restLater = of("其余内容可在案件中补充。", "The rest can be filled in later, in the case.")
    val timeHint = of("如 2025-07-16 14:40", "Such as 2025-07-16 14:40")
    val positionHint = of("纬度,经度", "Latitude,longitude")
    val noFix = Problem("no_fix", "暂时无法定位，可稍后再试或手工填写", "no position now: try again later or type it")

    fun label(field: FieldForm) = label(field.zh, field.en)

    /** Words of the library where a label begins with them. */
    fun label(zh: String, en: String) = of(zh, en.replaceFirstChar(Char::uppercase))

    fun label(words: CoreWords) = label(words.zh, words.en)

    /** A field of the form, with the keyboard that fits it. */
    fun field(form: FieldForm, value: String, hint: String, problem: Problem?, typed: (String) -> Event): Field {
        val kind = when (form.kind) {
            FieldKind.PROSE -> Field.Kind.LONG
            FieldKind.MONEY -> Field.Kind.MONEY
            FieldKind.NUMBER -> Field.Kind.NUMBER
            FieldKind.TEXT, FieldKind.TIME, FieldKind.DIGEST, FieldKind.POSITION -> Field.Kind.WORDS
        }
        return Field(label(form), value, kind, hint, problem?.let(::of).orEmpty(), typed)
    }

    // Case.
    val case = of("案件", "Case")
    val cases = of("案件", "Cases")
    val amounts = of("金额", "Money")
    val lossTotal = of("损失合计", "Total loss")
    val payable = of("应付赔款", "Payable")
    val open = of("待办", "To do")
    val allDone = of("没有", "nothing")
    val clocks = of("时限", "Due times")
    val record = of("案卷", "Record")
    val linesAndDamage = of("损失与定损", "Damage and estimate")
    val photos = of("照片", "Photos")
    val signature = of("签字", "Signature")
    val unsigned = of("尚未签字", "Not signed yet")
    val decisions = of("总部决定", "Decisions of head office")
    val disputed = of("有争议", "disputed")
    val toMend = of("待修正", "to be mended")
    val shotMissing = of("缺照片", "shot missing")
    val photograph = of("拍照", "Camera")
    val estimate = of("定损", "Estimate")
    val settleFirst = of("处理争议", "Settle the dispute")
    val photographMissing = of("补拍照片", "Take the missing photos")
    val priceFirst = of("录入损失项目", "Enter loss lines")
    val signNow = of("签字确认", "Sign")

    /** Of what was written on this phone; what others added is not its to send. */
    fun progress(it: CaseProgress): String {
        val entries = of(
            "本机记录 ${it.written} 条，总部已接收 ${it.received}，已确认 ${it.confirmed}",
            "${counted(it.written, "entry", "entries")} of this phone, ${it.received} received, ${it.confirmed} confirmed",
        )
        if (it.photos == 0uL) return entries
        return entries + of(
            "；本机图片 ${it.photos} 张，已接收 ${it.photosReceived}",
            "; ${counted(it.photos, "picture", "pictures")}, ${it.photosReceived} received",
        )
    }

    private fun counted(count: ULong, one: String, many: String) = "$count ${if (count == 1uL) one else many}"

    fun missing(count: UInt) = of("还缺 $count 张", "$count more needed")

    fun count(number: ULong) = of("$number 项", "$number")

    fun due(text: String) = of("截止 ${short(text)}", "due ${short(text)}")

    /** `2025-10-10T00:00:00+08:00` as people write it. */
    private fun short(text: String) = text.replace('T', ' ').take("2025-10-10 00:00".length)

    fun clockTone(code: String) = when (code) {
        "overdue", "late" -> Tone.BAD
        "running" -> Tone.WAIT
        "in_time" -> Tone.GOOD
        else -> Tone.PLAIN
    }

    fun of(action: DecisionAction) = when (action) {
        DecisionAction.ASSIGN -> of("派工", "assigned")
        DecisionAction.RETURN -> of("退回修正", "returned to be mended")
        DecisionAction.APPROVE -> of("审批通过", "approved")
        DecisionAction.DENY -> of("拒赔", "denied")
        DecisionAction.PAY -> of("支付", "paid")
        DecisionAction.CLOSE -> of("结案", "closed")
        DecisionAction.REOPEN -> of("重新打开", "reopened")
        DecisionAction.SUPPLEMENT -> of("补充赔付", "supplemented")
    }

    fun differs(label: String, then: String?, now: String?) =
        of("$label：原为 ${then ?: "空"}，现为 ${now ?: "空"}", "$label was ${then ?: "empty"}, is ${now ?: "empty"}")

    // Camera.
    val camera = of("拍照", "Camera")
    val shots = of("拍摄清单", "Shots the contract asks for")
    val freeShot = of("其他照片", "Other photo")
    val savingPhoto = of("正在加密保存原片…", "Encrypting and saving the original…")
    val photoSaved = of("原片已保存在本机", "The original is saved on this phone")
    val photoKnown = of("本案已有这张照片，没有重复保存", "The case has this photo already; nothing was added")

    fun shoot(label: String) = of("拍摄：$label", "Shoot: $label")

    fun shotsLeft(count: Int) = if (count == 0) of("拍摄清单已齐", "All shots are there") else of("还缺 $count 张", "$count shots are missing")

    fun taken(count: Int) = of("已拍 $count 张", "$count taken")

    fun seenBefore(cases: List<String>) = of("与其他案件的照片相似：${cases.joinToString("、")}", "Like a photo of ${cases.joinToString(", ")}")

    // Estimate.
    val addLine = of("添加损失项目", "Add a loss line")
    val addDamage = of("添加受损部位", "Add damage")
    val addAnswer = of("回答合同问题", "Answer a question")
    val notCovered = of("不赔", "not insured")
    val notFinal = of("尚未最终确定", "Not final yet")
    val undecided = of("未定", "open")
    val asksHeadOffice = of("合同未写明，由总部确定", "The contract leaves it blank: head office decides")
    val moreFields = of("更多栏目", "More fields")
    val withdraw = of("撤销此行", "Withdraw this row")
    val notYours = of("（您的角色不填写）", "(not filled in by your role)")

    fun showAll(count: Int) = of("显示其余 $count 栏", "Show $count more")

    fun answer(value: String) = when (value) {
        "是" -> of("是", "yes")
        "否" -> of("否", "no")
        else -> value
    }

    // Disputes.
    val dispute = of("处理争议", "Settle a dispute")
    val disputeBinds = of("两人填写不同，签字和审批须等待处理", "People wrote different values: signing and approval wait for this")
    val disputeFree = of("两人填写不同", "People wrote different values")
    val whichHolds = of("采用哪一个？", "Which one holds?")
    val settle = of("采用并记录", "Settle")
    val settled = of("争议已处理", "Settled")
    val settledKept = of("各方填写的内容、时间和理由都保留在案卷中。", "All values stay in the record, with who, when and why.")

    fun chosen(value: String) = when (value) {
        "keep" -> of("保留此行", "Keep the row")
        "withdraw" -> of("撤销此行", "Withdraw the row")
        else -> value
    }

    // Signature.
    val signer = of("签字人", "Signed by")
    val signHere = of("请在此处签字", "Sign here")
    val clear = of("重写", "Clear")
    val refuse = of("拒绝签字", "Refuses to sign")
    val refusalReason = of("拒签理由", "Why they refuse")
    val keepRefusal = of("记录拒签", "Keep the refusal")
    val signInstead = of("改为签字", "Sign after all")
    val refusalKept = of("拒签已记录", "The refusal is kept")
    val signLater = of("处理后再来签字；已录入的内容都在。", "Come back when that is done; nothing is lost.")
    val toCase = of("返回案件处理", "Back to the case")
    val statementChanged = Problem("statement_changed", "内容刚刚有改动，请重新核对后签字", "the text has just changed: read it again, then sign")

    fun signedFor(signer: String, total: String) = of("$signer 已签字确认 $total", "$signer signed for $total")

    // Sync.
    val syncNow = of("立即同步", "Synchronise now")
    val connecting = of("正在连接总部…", "Connecting…")
    val bundleInstead = of("没有网络？用文件交换", "No network? Use a file")
    val allAtHub = of("本机内容总部都已收到", "Head office has all that was written here")
    val notYetAtHub = of("总部尚未收齐", "Not yet whole at head office")
    val lastExchanges = of("最近的同步", "Last exchanges")

    fun entries(sent: ULong, received: ULong) = of("记录：已发送 $sent，已取回 $received", "Entries: $sent sent, $received fetched")

    fun photosGoing(sent: ULong, left: ULong) = of("照片：已发送 $sent，剩余 $left", "Photos: $sent sent, $left left")

    fun slow(retries: ULong) = of("网络不稳定，自动重试 $retries 次；断点续传，不会重来", "Weak link, $retries retries; photos go on where they stopped")

    fun photosHeld(count: ULong) = of("$count 张原片等待不计费网络", "$count originals wait for a link that costs nothing")

    fun brokenPhoto(text: String) = of("照片无法发送：$text", "A photo cannot be sent: $text")

    fun leftOf(entries: ULong, photos: ULong, bytes: ULong) = of(
        "还有 $entries 条记录、$photos 张照片（${size(bytes)}）",
        "${counted(entries, "entry", "entries")} and ${counted(photos, "picture", "pictures")} left (${size(bytes)})",
    )

    fun size(bytes: ULong): String = if (bytes < MEGA) "${(bytes + KILO - 1u) / KILO} KB" else "%.1f MB".format(java.util.Locale.ROOT, bytes.toDouble() / MEGA.toDouble())

    fun of(phase: SyncPhase) = when (phase) {
        SyncPhase.STARTING -> of("准备中", "Getting ready")
        SyncPhase.SIGNING_IN -> of("正在登录", "Signing in")
        SyncPhase.EXCHANGING -> of("正在交换记录", "Exchanging entries")
        SyncPhase.PHOTOS -> of("正在发送照片", "Sending photos")
        SyncPhase.RULES -> of("正在更新合同规则", "Fetching contract rules")
        SyncPhase.WAITING -> of("等待网络", "Waiting for the network")
        SyncPhase.DONE -> of("完成", "Done")
        SyncPhase.BLOCKED -> of("已停止", "Stopped")
    }

    fun of(end: SyncEnd) = when (end) {
        SyncEnd.DONE -> of("同步完成", "Exchange finished")
        SyncEnd.NO_WAY -> of("未能完成：无法连接总部", "Not finished: no way to the hub")
        SyncEnd.BLOCKED -> of("总部没有接受", "Head office did not accept")
        SyncEnd.DISK_FULL -> of("手机存储已满", "This phone is full")
        SyncEnd.CANCELLED -> of("已停止", "Stopped")
    }

    // Bundles.
    val bundleTitle = of("文件交换", "Exchange by file")
    val bundleHow = of("没有网络时，用加密文件把案件交给另一部手机或总部。只有接收方能打开。", "Without a network, give cases to another phone or to head office as an encrypted file. Only the receiver can open it.")
    val bundleTo = of("交给谁", "For whom")
    val headOffice = of("总部", "Head office")
    val headOfficeTakesAll = of("本机全部未送达的内容", "Everything here that it lacks")
    val withOriginals = of("含照片原片", "With original photos")
    val withoutOriginals = of("不含原片（文件小）", "Without originals (small)")
    val shareBundle = of("生成并分享", "Make and share")
    val receiveBundle = of("接收文件", "Receive a file")

    fun of(working: BundlePresenter.Working) = when (working) {
        BundlePresenter.Working.NOT -> ""
        BundlePresenter.Working.WRITING -> of("正在加密写入…", "Encrypting…")
        BundlePresenter.Working.READING -> of("正在核验并读入…", "Verifying and reading…")
    }

    fun exported(it: ExportedBundle) = of(
        "已生成 ${it.files.size} 个文件：${it.envelopes} 条记录、${it.photos} 张照片（${size(it.bytes)}）",
        "Made ${it.files.size} file(s): ${it.envelopes} entries, ${it.photos} pictures (${size(it.bytes)})",
    )

    fun imported(it: ImportedBundle) = of(
        "新记录 ${it.fresh} 条，已有 ${it.known} 条，照片 ${it.photos} 张",
        "${it.fresh} new entries, ${it.known} known, ${it.photos} pictures",
    )

    fun importedWhole(maker: String) = of("已完整读入 $maker 的文件", "Took in all of the file by $maker")

    fun importedPart(maker: String) = of("只读入 $maker 文件的一部分", "Took in part of the file by $maker")

    fun importedOutside(count: ULong) = of("$count 条未通过核验，已隔离保存", "$count entries did not verify and are kept aside")

    private companion object {
        const val RANGE = "–"
        const val GROUP = 3
        val KILO = 1_000uL
        val MEGA = 1_000_000uL
    }
}
