package org.lossbook.demo

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir
import org.lossbook.stage.Scene
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.SyncEnd

/** The ways out of the phone, the exchange and the bundle: empty, offline, wrong, slow and done. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WaysTest {
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
    fun `an exchange sends all, says so, and lists what it did`() = with("同步一") {
        val case = report(*Bench.REPORT)
        book.addPhoto(case, org.lossbook.ffi.NewPhoto(Scene.photos.first().path, org.lossbook.ffi.PhotoOrigin.CAMERA))
        val screen = at<SyncPresenter>(Place.Sync)
        screen.until { it.left.isNotEmpty() }
        assertTrue(screen.all<Row>().any { row -> row.marks.any { it.text == "已保存" } })
        screen.touch(SyncPresenter.Start)
        screen.until { it.outcome?.end == SyncEnd.DONE && !it.running && it.log.isNotEmpty() }
        assertTrue("同步完成" in screen.said(Tone.GOOD))
        screen.until { it.left.isEmpty() }
        assertTrue("本机内容总部都已收到" in screen.said(Tone.GOOD))
    }

    @Test
    fun `without a network the exchange says so and offers a file instead`() = with("同步二") {
        report(*Bench.REPORT)
        phone.network.value = Network.OFF
        phone.transport.may = { false }
        val screen = at<SyncPresenter>(Place.Sync)
        screen.touch(SyncPresenter.Start)
        screen.until { it.outcome != null && !it.running }
        assertEquals(SyncEnd.NO_WAY, screen.state.value.outcome?.end)
        assertTrue(screen.said(Tone.WAIT).isNotEmpty() && screen.said(Tone.BAD).isEmpty())
        assertTrue(screen.page().bottom.any { it.tap == Go(Place.Bundle(null)) })
    }

    @Test
    fun `a slow link is shown as waiting, and can be stopped`() = with("同步三") {
        report(*Bench.REPORT)
        phone.transport.may = { Thread.sleep(50); false }
        val screen = at<SyncPresenter>(Place.Sync)
        screen.touch(SyncPresenter.Start)
        screen.until { it.running && (it.progress?.retries ?: 0uL) > 0uL }
        assertTrue(screen.all<Progress>().isNotEmpty() && screen.said(Tone.WAIT).isNotEmpty())
        screen.touch(SyncPresenter.Stop)
        screen.until { !it.running }
        assertEquals("stopped", screen.state.value.problem?.code)
        phone.transport.may = { true }
        screen.touch(SyncPresenter.Start)
        screen.until { it.outcome?.end == SyncEnd.DONE }
        Unit
    }

    @Test
    fun `a phone that is not enrolled is told so`() = with("同步四", enrolled = false) {
        val screen = at<SyncPresenter>(Place.Sync)
        screen.touch(SyncPresenter.Start)
        assertEquals("not_enrolled", screen.until { it.problem != null }.problem?.code)
    }

    @Test
    fun `originals wait for a link that costs nothing`() = with("同步五") {
        val case = report(*Bench.REPORT)
        book.addPhoto(case, org.lossbook.ffi.NewPhoto(Scene.photos.first().path, org.lossbook.ffi.PhotoOrigin.CAMERA))
        phone.network.value = Network.METERED
        val screen = at<SyncPresenter>(Place.Sync)
        screen.touch(SyncPresenter.Start)
        screen.until { it.outcome != null && !it.running }
        assertTrue(screen.said(Tone.WAIT).any { "等待不计费网络" in it }, screen.blocks().toString())
    }

    @Test
    fun `a case goes to another phone by file, without any network`() = runBlocking {
        val (one, two) = bench.hand("交换甲") to bench.hand("交换乙")
        one.use { two.use { carried(one, two) } }
    }

    private suspend fun carried(one: Hand, two: Hand) {
        one.device.sync(one.book)
        val case = one.report(*Bench.REPORT)
        val bundle = with(one) {
            phone.network.value = Network.OFF
            val screen = at<BundlePresenter>(Place.Bundle(case))
            screen.until { it.receivers?.any { one -> one.user == "交换乙" } == true }
            screen.touch(screen.choice("交给谁").answers.first { it.text == "交换乙" }.tap)
            screen.touch(BundlePresenter.Share)
            screen.until { it.exported != null && it.working == BundlePresenter.Working.NOT }
            assertEquals(1, screen.said(Tone.GOOD).size)
            phone.shared.single()
        }
        with(two) {
            phone.picked = bundle
            val screen = at<BundlePresenter>(Place.Bundle(null))
            screen.touch(BundlePresenter.Receive)
            screen.until { it.imported != null && it.working == BundlePresenter.Working.NOT }
            assertTrue(screen.said(Tone.GOOD).single().contains("已完整读入"))
            assertEquals("农户张三", book.caseScreen(case).row.household)
            assertTrue(screen.all<Row>().single().tap is Go)
        }
    }

    @Test
    fun `a foreign file is refused with a reason, and nobody picked is no error`() = with("交换丙") {
        val screen = at<BundlePresenter>(Place.Bundle(null))
        screen.touch(BundlePresenter.Receive)
        screen.until { it.working == BundlePresenter.Working.NOT }
        assertEquals(null, screen.state.value.problem)
        phone.picked = File(folder, "noise").apply { writeBytes(ByteArray(4_000) { (it * 7).toByte() }) }
        screen.touch(BundlePresenter.Receive)
        screen.until { it.problem != null && it.working == BundlePresenter.Working.NOT }
        assertEquals(Tone.BAD, screen.page().notice?.tone)
        assertEquals(0, phone.scratch.listFiles().orEmpty().count { it.name.endsWith(".lossbundle") })
    }
}
