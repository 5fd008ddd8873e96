package org.lossbook.demo

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir
import org.lossbook.demo.page.Empty
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Tone

/** Enrolment, the list, the report and the case: empty, offline, wrong, slow and done. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScreensTest {
    private lateinit var folder: File
    private lateinit var bench: Bench

    @BeforeAll
    fun set(@TempDir temporary: File) {
        folder = temporary
        bench = Bench(folder)
    }

    @AfterAll
    fun clear() = bench.close()

    private fun with(name: String, enrolled: Boolean = true, story: suspend Hand.() -> Unit) = runBlocking {
        bench.hand(name, enrolled).use { it.story() }
    }

    @Test
    fun `enrolment waits for a code`() = with("新手机一", enrolled = false) {
        val screen = at<EnrolPresenter>(Place.Enrol)
        assertFalse(screen.main().enabled)
        screen.touch(EnrolPresenter.Typed("  abc "))
        assertEquals("abc", screen.field("注册码").value)
        assertTrue(screen.main().enabled)
    }

    @Test
    fun `enrolment says what is wrong with a code`() = with("新手机二", enrolled = false) {
        val screen = at<EnrolPresenter>(Place.Enrol)
        screen.touch(EnrolPresenter.Typed("这不是注册码"))
        screen.touch(EnrolPresenter.Enrol)
        screen.until { it.problem != null }
        assertEquals(Tone.BAD, screen.page().notice?.tone)
        assertFalse(screen.state.value.working)
    }

    @Test
    fun `enrolment without a network can be tried again with the same code`() = with("新手机三", enrolled = false) {
        val screen = at<EnrolPresenter>(Place.Enrol)
        phone.network.value = Network.OFF
        phone.transport.may = { false }
        assertEquals(Tone.WAIT, screen.page().notice?.tone)
        screen.touch(EnrolPresenter.Typed(bench.hub.invite("新手机三")))
        screen.touch(EnrolPresenter.Enrol)
        assertEquals("no_network", screen.until { it.problem != null }.problem?.code)
        phone.network.value = Network.FREE
        phone.transport.may = { true }
        screen.touch(Again)
        assertEquals("新手机三", screen.until { it.enrolled != null }.enrolled?.user)
        assertEquals(listOf("已注册：新手机三（查勘员）"), screen.said(Tone.GOOD))
        screen.touch(EnrolPresenter.ToTasks)
        assertEquals(Place.Tasks, route.here)
    }

    @Test
    fun `enrolment shows that it is under way`() = with("新手机四", enrolled = false) {
        val screen = at<EnrolPresenter>(Place.Enrol)
        phone.transport.may = { Thread.sleep(300); true }
        screen.touch(EnrolPresenter.Typed(bench.hub.invite("新手机四")))
        screen.touch(EnrolPresenter.Enrol)
        assertTrue(screen.all<Progress>().isNotEmpty() && !screen.main().enabled)
        screen.until { it.enrolled != null }
    }

    @Test
    fun `the list opens slowly and is empty at first`() = with("列表一") {
        val screen = TasksPresenter(desk(), route)
        assertIs<Progress>(screen.blocks().single())
        screen.start()
        screen.until { it.cases != null }
        assertIs<Empty>(screen.blocks().single())
        assertEquals("没有待发送的内容", screen.page().subtitle)
    }

    @Test
    fun `a reported case stands in the list as saved, and as confirmed when the hub signed for it`() = with("列表二") {
        val screen = at<TasksPresenter>(Place.Tasks)
        phone.network.value = Network.OFF
        report(*Bench.REPORT)
        screen.until { it.cases?.rows?.size == 1 && (it.status?.entriesWaiting ?: 0uL) > 0uL }
        assertEquals("没有网络：照常工作，内容都保存在本机", screen.page().notice?.text)
        assertEquals("已保存", screen.row("农户张三").marks.first().text)
        repeat(2) { device.sync(book) }
        screen.until { it.cases?.rows?.single()?.state == org.lossbook.ffi.SyncState.CONFIRMED }
        assertEquals("已确认", screen.row("农户张三").marks.first().text)
        screen.touch(checkNotNull(screen.row("农户张三").tap))
        assertIs<Place.Case>(route.here)
    }

    @Test
    fun `the list finds, and pages by fifty`() = with("列表三") {
        repeat(53) { report("household" to "农户$it", "cause" to "冰雹") }
        val screen = at<TasksPresenter>(Place.Tasks)
        screen.until { it.cases?.rows?.size == 50 }
        screen.touch(checkNotNull(screen.row("更早的案件").tap))
        screen.until { it.cases?.rows?.size == 3 }
        screen.touch(TasksPresenter.Find("没有这个人"))
        screen.until { it.cases?.rows?.isEmpty() == true }
        assertTrue("没有符合的案件" in screen.said(Tone.PLAIN))
        screen.touch(TasksPresenter.Find("农户17"))
        screen.until { it.cases?.rows?.size == 1 }
        Unit
    }

    @Test
    fun `the list says when the device cannot be read`() = with("列表四") {
        book.close()
        val screen = at<TasksPresenter>(Place.Tasks)
        assertEquals("closed", screen.until { it.problem != null }.problem?.code)
        assertEquals(Tone.BAD, screen.page().notice?.tone)
        assertEquals(Again, screen.page().notice?.action?.tap)
    }

    @Test
    fun `a report is saved in flight mode and opens its case`() = with("报案一") {
        phone.network.value = Network.OFF
        phone.transport.may = { false }
        val screen = at<ReportPresenter>(Place.Report)
        screen.until { it.fields != null }
        screen.touch(ReportPresenter.Contract("huzhu-rural-housing"))
        screen.until { it.contract != null }
        screen.touch(ReportPresenter.Typed("household", "农户李四"))
        screen.touch(screen.choice("出险原因").answers.first().tap)
        screen.touch(ReportPresenter.Here)
        screen.until { "position" in it.values }
        screen.touch(ReportPresenter.Save)
        kotlinx.coroutines.withTimeout(10_000) { while (route.here !is Place.Case) delay(10) }
        val case = book.caseScreen((route.here as Place.Case).id)
        assertEquals("农户李四", case.row.household)
        assertTrue(case.row.cause.isNotEmpty())
    }

    @Test
    fun `a report says at the field what is wrong with it, and keeps the rest`() = with("报案二") {
        val screen = at<ReportPresenter>(Place.Report)
        screen.until { it.fields != null }
        screen.touch(ReportPresenter.Typed("household", "农户王五"))
        screen.touch(ReportPresenter.Typed("position", "在村口"))
        screen.touch(ReportPresenter.Save)
        screen.until { it.problems.isNotEmpty() }
        assertTrue(screen.field("出险经纬度").problem.isNotEmpty(), screen.state.value.problems.toString())
        assertEquals("农户王五", screen.field("户主").value)
        screen.touch(ReportPresenter.Typed("position", ""))
        assertEquals("", screen.field("出险经纬度").problem)
        phone.place = null
        screen.touch(ReportPresenter.Here)
        screen.until { "position" in it.problems }
        assertTrue(screen.main().enabled)
    }

    @Test
    fun `a case that is not here says so`() = with("案件一") {
        val screen = at<CasePresenter>(Place.Case("无此案件"))
        assertIs<Progress>(screen.blocks().first())
        assertEquals("unknown_case", screen.until { it.problem != null }.problem?.code)
        assertNotNull(screen.page().notice)
        assertNull(screen.state.value.screen)
    }

    @Test
    fun `a case shows its money, what is open, and the next step`() = with("案件二") {
        val case = report(*Bench.REPORT)
        val screen = at<CasePresenter>(Place.Case(case))
        screen.until { it.screen != null }
        assertEquals("补拍照片", screen.main().text)
        assertTrue(screen.all<Row>().any { row -> row.marks.any { it.text == "缺照片" } })
        add(case, "lines", "item" to "瓦片", "part" to "卧室", "amount" to "1250.50")
        Bench.insure(this, case)
        screen.until { it.screen?.judgement?.payable != null }
        val sums = screen.all<org.lossbook.demo.page.Sums>().first().rows
        assertEquals(listOf("¥1,250.50", "¥1,250.50"), sums.map { it.money })
        assertTrue(sums.last().strong && sums.last().note.startsWith("人民币"), sums.last().note)
    }

    @Test
    fun `of a case that head office decided nothing more is asked`() = with("案件三") {
        val case = report(*Bench.REPORT)
        device.sync(book)
        val screen = at<CasePresenter>(Place.Case(case))
        screen.until { it.screen?.shotsMissing?.isNotEmpty() == true }
        assertEquals("补拍照片", screen.main().text)
        bench.hub.office("审核主管丙").decide(case, "deny", "不属于保险责任")
        repeat(2) { device.sync(book) }
        screen.until { it.screen?.decisions?.size == 1 }
        assertEquals(Go(Place.Sync), screen.main().tap)
    }
}
