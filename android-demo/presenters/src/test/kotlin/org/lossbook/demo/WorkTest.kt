package org.lossbook.demo

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir
import org.lossbook.demo.page.Ink
import org.lossbook.demo.page.Paper
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Shots
import org.lossbook.demo.page.Sums
import org.lossbook.demo.page.Tone
import org.lossbook.demo.page.Viewfinder
import org.lossbook.ffi.SignatureMark
import org.lossbook.stage.Scene
import org.lossbook.stage.TestRoom
import org.lossbook.stage.Phone as Device

/** Camera, estimate, disputes and signature: empty, offline, wrong, slow and done. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkTest {
    private lateinit var folder: File
    private lateinit var bench: Bench

    @BeforeAll
    fun set(@TempDir temporary: File) {
        folder = temporary
        bench = Bench(folder)
    }

    @AfterAll
    fun clear() = bench.close()

    private fun with(name: String, device: Device = Device(File(folder, name)), story: suspend Hand.() -> Unit) = runBlocking {
        bench.hand(name, device = device).use {
            it.phone.network.value = Network.OFF
            it.story()
        }
    }

    private val ink = listOf((0 until 40).map { Ink.Dot(120 + 9 * it, 300 + (it % 7) * 14, 16 * it, 500) })

    @Test
    fun `the camera names the shots that the contract asks for, and fills them one by one`() = with("拍照一") {
        val case = report(*Bench.REPORT)
        val screen = at<CameraPresenter>(Place.Camera(case))
        assertIs<Progress>(screen.blocks().single())
        screen.until { it.screen != null && it.asked.isNotEmpty() }
        assertEquals("拍摄：房屋全貌", screen.main().text)
        assertIs<Viewfinder>(screen.blocks().first())
        screen.touch(CameraPresenter.Shoot)
        screen.until { it.last != null && !it.saving }
        assertTrue("原片已保存在本机" in screen.said(Tone.GOOD))
        val slots = screen.until { it.pictures.isNotEmpty() }.let { screen.all<Shots>().single().slots }
        assertEquals(Tone.GOOD to true, slots.first { it.label == "房屋全貌" }.let { it.tone to (it.picture != null) })
        assertTrue(screen.state.value.slot != "whole_house", screen.state.value.slot)
        assertEquals(0, phone.scratch.listFiles().orEmpty().count { it.name.startsWith("shot-") })
    }

    @Test
    fun `a camera without a picture adds nothing`() = with("拍照二") {
        val case = report(*Bench.REPORT)
        val screen = at<CameraPresenter>(Place.Camera(case))
        screen.until { it.screen != null }
        repeat(Scene.photos.size + 1) {
            screen.touch(CameraPresenter.Shoot)
            screen.until { !it.saving }
        }
        assertEquals(Scene.photos.size, book.caseScreen(case).photos.size)
    }

    @Test
    fun `a full phone says so at the camera, and the rest of the case can still be written`() {
        val room = TestRoom(ULong.MAX_VALUE shr 1)
        with("拍照三", Device(File(folder, "拍照三"), room = room)) {
            val case = report(*Bench.REPORT)
            val screen = at<CameraPresenter>(Place.Camera(case))
            screen.until { it.screen != null }
            room.left = 1_000_000u
            screen.touch(CameraPresenter.Shoot)
            assertEquals("no_room", screen.until { it.problem != null }.problem?.code)
            assertEquals(Tone.BAD, screen.page().notice?.tone)
            set(case, "report.course" to "冰雹砸坏屋顶")
            room.left = ULong.MAX_VALUE shr 1
            screen.touch(CameraPresenter.Shoot)
            screen.until { it.last != null }
        }
    }

    @Test
    fun `a photo that the case has is not kept twice`() = with("拍照四") {
        val case = report(*Bench.REPORT)
        book.addPhoto(case, org.lossbook.ffi.NewPhoto(Scene.photos.first().path, org.lossbook.ffi.PhotoOrigin.CAMERA))
        val screen = at<CameraPresenter>(Place.Camera(case))
        screen.until { it.screen != null }
        screen.touch(CameraPresenter.Shoot)
        screen.until { it.last?.known == true }
        assertTrue("本案已有这张照片，没有重复保存" in screen.said(Tone.GOOD))
    }

    @Test
    fun `a line is saved and the payable follows with its steps`() = with("定损一") {
        val case = report(*Bench.REPORT)
        Bench.insure(this, case)
        val empty = at<EstimatePresenter>(Place.Estimate(case))
        empty.until { it.screen != null }
        assertEquals("添加损失项目", empty.main().text)
        val screen = at<RowPresenter>(Place.Row(case, "lines", null))
        screen.until { it.form != null && it.screen != null }
        assertFalse(screen.main().enabled)
        screen.touch(RowPresenter.Typed("item", "墙体修复"))
        screen.touch(RowPresenter.Typed("part", "卧室"))
        screen.touch(RowPresenter.Typed("amount", "四千"))
        screen.touch(RowPresenter.Save)
        screen.until { it.problems.isNotEmpty() }
        assertTrue(screen.field("金额").problem.isNotEmpty())
        screen.touch(RowPresenter.Typed("amount", "42000"))
        screen.touch(RowPresenter.Save)
        screen.until { it.saved && it.screen?.total?.text == "42000.00" }
        assertTrue("已保存在本机" in screen.said(Tone.GOOD))
        val sums = screen.all<Sums>().single().rows
        assertEquals("¥30,000.00", sums.last().money)
        assertTrue(sums.size > 1 && sums.last().note.startsWith("人民币"))
    }

    @Test
    fun `a row is withdrawn with a reason only`() = with("定损二") {
        val case = report(*Bench.REPORT)
        val row = add(case, "lines", "item" to "瓦片", "amount" to "800")
        val screen = at<RowPresenter>(Place.Row(case, "lines", row))
        screen.until { it.form != null && it.screen != null }
        assertEquals("800.00", screen.field("金额").value)
        screen.touch(RowPresenter.Withdraw)
        screen.touch(RowPresenter.Withdraw)
        screen.until { it.problems.isNotEmpty() }
        assertTrue(screen.field("理由").problem.isNotEmpty())
        screen.touch(RowPresenter.Because("重复录入"))
        screen.touch(RowPresenter.Withdraw)
        kotlinx.coroutines.withTimeout(10_000) { while (book.caseScreen(case).total.lowFen != 0L) kotlinx.coroutines.delay(10) }
    }

    @Test
    fun `a dispute shows both values with their writers, and is settled with a reason`() = runBlocking {
        val (one, two) = bench.hand("争议甲") to bench.hand("争议乙")
        one.use { two.use { settle(one, two) } }
    }

    private suspend fun settle(one: Hand, two: Hand) {
        val case = one.report(*Bench.REPORT)
        val row = one.add(case, "lines", "item" to "瓦片", "amount" to "800")
        listOf(one, two).forEach { it.device.sync(it.book) }
        one.set(case, "lines.$row.amount" to "950")
        two.set(case, "lines.$row.amount" to "1250.50")
        listOf(one, two, one).forEach { it.device.sync(it.book) }
        with(two) {
            val screen = at<DisputePresenter>(Place.Dispute(case, "lines.$row.amount"))
            screen.until { it.screen != null }
            assertFalse(screen.main().enabled)
            assertEquals("金额 · 瓦片", screen.page().subtitle)
            val answers = screen.choice("采用哪一个？").answers
            assertEquals(setOf("950.00", "1250.50"), answers.map { it.text }.toSet())
            assertTrue(answers.any { "争议甲" in it.detail } && answers.any { "争议乙" in it.detail })
            screen.touch(DisputePresenter.Choose("1250.50"))
            screen.touch(DisputePresenter.Settle)
            screen.until { it.reasonProblem != null }
            assertTrue(screen.field("理由").problem.isNotEmpty())
            screen.touch(DisputePresenter.Because("现场复测"))
            screen.touch(DisputePresenter.Settle)
            screen.until { it.settled && it.screen?.disputes?.isEmpty() == true }
            assertEquals(listOf("争议已处理"), screen.said(Tone.GOOD))
        }
        cannotSign(one, case)
    }

    private suspend fun cannotSign(one: Hand, case: String) = with(one) {
        val screen = at<SignPresenter>(Place.Sign(case))
        screen.until { it.problem != null }
        assertEquals("settle", screen.state.value.needs)
        assertEquals("返回案件处理", screen.main().text)
    }

    @Test
    fun `without lines there is nothing to sign, and the way to the lines is shown`() = with("签字一") {
        val case = report(*Bench.REPORT)
        val screen = at<SignPresenter>(Place.Sign(case))
        screen.until { it.problem != null }
        assertEquals("录入损失项目", screen.main().text)
        assertEquals(1, screen.said(Tone.BAD).size)
    }

    @Test
    fun `a statement is signed as it was shown`() = with("签字二") {
        val case = report(*Bench.REPORT)
        add(case, "lines", "item" to "瓦片", "amount" to "800")
        val screen = at<SignPresenter>(Place.Sign(case))
        assertIs<Progress>(screen.blocks().single())
        screen.until { it.statement != null }
        assertFalse(screen.main().enabled)
        assertTrue("瓦片" in screen.all<Paper>().single().text)
        screen.touch(screen.all<Ink>().single().drawn(ink, 1080, 640))
        screen.touch(SignPresenter.Sign)
        screen.until { it.signed != null }
        assertEquals(listOf("农户张三 已签字确认 ¥800.00"), screen.said(Tone.GOOD))
        assertEquals(SignatureMark.VALID, book.caseScreen(case).row.signature)
    }

    @Test
    fun `what changed meanwhile is shown again before it is signed`() = with("签字三") {
        val case = report(*Bench.REPORT)
        val row = add(case, "lines", "item" to "瓦片", "amount" to "800")
        val screen = at<SignPresenter>(Place.Sign(case))
        screen.until { it.statement != null }
        screen.touch(screen.all<Ink>().single().drawn(ink, 1080, 640))
        set(case, "lines.$row.amount" to "900")
        screen.touch(SignPresenter.Sign)
        screen.until { it.changed && "900.00" in it.statement?.text.orEmpty() }
        assertEquals(0, screen.state.value.strokes.size)
        assertEquals(SignatureMark.NONE, book.caseScreen(case).row.signature)
    }

    @Test
    fun `a refusal is kept with its reason`() = with("签字四") {
        val case = report(*Bench.REPORT)
        add(case, "lines", "item" to "瓦片", "amount" to "800")
        val screen = at<SignPresenter>(Place.Sign(case))
        screen.until { it.statement != null }
        screen.touch(SignPresenter.Refuse)
        screen.touch(SignPresenter.Because("认为金额偏低"))
        screen.touch(SignPresenter.Sign)
        screen.until { it.signed != null }
        val kept = book.caseScreen(case).signatures.single()
        assertEquals(SignatureMark.REFUSED to "认为金额偏低", kept.mark to kept.reason)
    }
}
