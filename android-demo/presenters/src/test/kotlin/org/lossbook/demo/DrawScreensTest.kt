package org.lossbook.demo

import java.io.File
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import org.lossbook.stage.Scene
import org.lossbook.demo.drawn.Html
import org.lossbook.demo.page.Ink
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Palette
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.PhotoOrigin

/** Draws every screen from its presenter, over a story that the library really holds: `cargo xtask screens android`. */
class DrawScreensTest {
    @TempDir lateinit var folder: File
    private val to = File(System.getProperty("lossbook.screens"))

    private enum class Look(val suffix: String, val language: Language, val palette: Palette, val scale: Double) {
        LIGHT("zh-light", Language.ZH, Palette.LIGHT, 1.0),
        DARK("zh-dark", Language.ZH, Palette.DARK, 1.0),
        ENGLISH("en-light", Language.EN, Palette.LIGHT, 1.0),
        LARGE("zh-large", Language.ZH, Palette.LIGHT, 1.5),
    }

    private val every = Look.entries.toSet()
    private val plain = setOf(Look.LIGHT, Look.ENGLISH)

    @Test
    fun `every screen is drawn`() = runBlocking {
        to.mkdirs()
        Bench(folder).use { bench ->
            val (liaison, surveyor) = bench.hand("联络员甲") to bench.hand("查勘员乙")
            liaison.use { surveyor.use { story(bench, liaison, surveyor) } }
        }
        assertTrue(to.listFiles().orEmpty().count { it.extension == "html" } >= 25)
    }

    private suspend fun story(bench: Bench, liaison: Hand, surveyor: Hand) {
        bench.hand("新来的", enrolled = false).use { fresh ->
            fresh.draw<EnrolPresenter>("enrol", Place.Enrol, plain) { on(EnrolPresenter.Typed("LB1-7QK4-EXAMPLE-CODE-FROM-HEAD-OFFICE")) }
            fresh.draw<TasksPresenter>("tasks-empty", Place.Tasks, plain) { until { it.cases != null } }
        }
        val case = reported(bench, liaison)
        val row = liaison.add(case, "lines", "room" to "北房", "item" to "瓦片", "unit" to "m²", "amount" to "800", "part" to "卧室")
        listOf(liaison, surveyor).forEach { it.device.sync(it.book) }
        Bench.insure(surveyor, case)
        surveyor.add(case, "lines", "room" to "北房", "item" to "檩条", "unit" to "根", "quantity" to "4", "amount" to "640", "part" to "卧室")
        surveyor.add(case, "lines", "item" to "围墙", "part" to "围墙", "amount" to "1800")
        surveyor.set(case, "lines.$row.amount" to "1250.50")
        liaison.set(case, "lines.$row.amount" to "950")
        liaison.draw<ReportPresenter>("report", Place.Report, plain) { report(this) }
        listOf(surveyor, liaison, surveyor, liaison).forEach { it.device.sync(it.book) }
        disputed(surveyor, case, row)
        camera(liaison, case)
        surveyor.book.settle(case, "lines.$row.amount", "1250.50", "现场复测 18.25 m²，按实测面积计价")
        settled(surveyor, case, row)
        decided(bench, surveyor, case)
    }

    private suspend fun reported(bench: Bench, hand: Hand): String {
        hand.report("household" to "农户王五", "cause" to "暴雨", "place" to "五十镇南门峡", "contract" to "huzhu-rural-housing")
        hand.report("household" to "农户李四", "cause" to "冰雹", "place" to "五十镇北庄村", "contract" to "huzhu-rural-housing")
        val case = hand.report(*Bench.REPORT)
        listOf("whole_house", "cause").forEachIndexed { index, slot ->
            val shutter = hand.book.openShutter().number
            hand.book.addPhoto(case, NewPhoto(Scene.photos[index].path, PhotoOrigin.CAMERA, slot, shutter = shutter, fix = hand.phone.place))
        }
        return case
    }

    private suspend fun report(screen: ReportPresenter) = with(screen) {
        until { it.fields != null }
        on(ReportPresenter.Contract("huzhu-rural-housing"))
        until { it.contract != null }
        on(ReportPresenter.Typed("household", "农户赵六"))
        on(ReportPresenter.Typed("phone", "13800000000"))
        on(all<org.lossbook.demo.page.Choice>().last().answers.first().tap)
        on(ReportPresenter.Typed("place", "五十镇卓科村"))
        on(ReportPresenter.Typed("position", "在村口"))
        on(ReportPresenter.Save)
        until { it.problems.isNotEmpty() }
    }

    private suspend fun disputed(hand: Hand, case: String, row: String) {
        hand.draw<TasksPresenter>("tasks", Place.Tasks, every) { until { it.cases?.rows?.size == 3 && it.status != null } }
        hand.draw<CasePresenter>("case-disputed", Place.Case(case), every) { until { it.screen?.disputes?.size == 1 } }
        hand.draw<DisputePresenter>("dispute", Place.Dispute(case, "lines.$row.amount"), plain) {
            until { it.screen != null }
            on(DisputePresenter.Choose("1250.50"))
            on(DisputePresenter.Because("现场复测 18.25 m²，按实测面积计价"))
        }
        hand.draw<SignPresenter>("sign-not-yet", Place.Sign(case), plain) { until { it.problem != null } }
    }

    private suspend fun camera(hand: Hand, case: String) {
        hand.phone.network.value = Network.OFF
        hand.draw<CameraPresenter>("camera", Place.Camera(case), plain + Look.DARK) { until { it.asked.isNotEmpty() && it.pictures.size == 2 } }
        hand.phone.network.value = Network.FREE
    }

    private suspend fun settled(hand: Hand, case: String, row: String) {
        hand.draw<EstimatePresenter>("estimate", Place.Estimate(case), every) { until { it.screen?.judgement?.payable != null } }
        hand.draw<RowPresenter>("line", Place.Row(case, "lines", row), plain) { until { it.form != null && it.screen != null } }
        val ink = listOf(stroke(120, 300, 9, 60), stroke(300, 180, -2, 200), stroke(420, 260, 8, 90), stroke(640, 200, 3, 220), stroke(600, 400, 9, -40))
        hand.draw<SignPresenter>("sign", Place.Sign(case), every) {
            until { it.statement != null }
            on(SignPresenter.Drawn(ink, 1080, 640))
        }
        hand.phone.network.value = Network.METERED
        hand.draw<SyncPresenter>("sync-waiting", Place.Sync, plain) { until { it.status != null && it.left.isNotEmpty() } }
        hand.phone.network.value = Network.FREE
        hand.draw<BundlePresenter>("bundle", Place.Bundle(case), plain) { until { it.receivers != null } }
    }

    private fun stroke(x: Int, y: Int, across: Int, down: Int) =
        (0 until 24).map { Ink.Dot(x + across * it + it % 3, y + down * it / 24 + it % 5, 16 * it, 500) }

    private suspend fun decided(bench: Bench, hand: Hand, case: String) {
        val statement = hand.book.statement(case)
        hand.book.sign(
            case,
            org.lossbook.ffi.NewSignature(
                "农户张三", org.lossbook.ffi.SignAct.SIGNED, org.lossbook.Lossbook.ESTIMATE, statement.textSha256,
                listOf(org.lossbook.ffi.InkStroke(stroke(1, 1, 2, 3).map { org.lossbook.ffi.InkPoint(it.x, it.y, it.ms.toUInt(), 500u) })), 1080u, 640u,
            ),
        )
        hand.draw<SyncPresenter>("sync-done", Place.Sync, plain) {
            on(SyncPresenter.Start)
            until { it.outcome != null && !it.running && it.left.isEmpty() }
        }
        bench.hub.office("审核主管丙").decide(case, "approve", "资料齐全")
        repeat(2) { hand.device.sync(hand.book) }
        hand.draw<CasePresenter>("case-approved", Place.Case(case), plain) { until { it.screen?.decisions?.size == 1 } }
        hand.phone.network.value = Network.OFF
        hand.phone.transport.may = { false }
        hand.draw<SyncPresenter>("sync-offline", Place.Sync, plain) {
            on(SyncPresenter.Start)
            until { it.outcome != null && !it.running }
        }
    }

    /** Brings a screen to a state, in each language, and writes it down in each look. */
    private suspend fun <P : Presenter<*>> Hand.draw(name: String, place: Place, looks: Set<Look>, act: suspend P.() -> Unit) {
        looks.groupBy { it.language }.forEach { (language, ones) ->
            val screen = at<P>(place, language)
            onScreen { act(screen) }
            val page = screen.page()
            ones.forEach { write(name, it, page) }
            screen.close()
        }
    }

    private fun write(name: String, look: Look, page: Page) =
        File(to, "$name-${look.suffix}.html").writeText(Html(look.palette, look.language.tag, look.scale).document(page))
}
