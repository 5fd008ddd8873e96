package org.lossbook

import java.io.File
import java.util.concurrent.CountDownLatch
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.io.TempDir
import org.lossbook.ffi.Cancellation
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.HostKeyStore
import org.lossbook.ffi.HostLocation
import org.lossbook.ffi.Lossbook as Handle
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.NewReport
import org.lossbook.ffi.PhotoOrigin
import org.lossbook.ffi.PlaceFix
import org.lossbook.ffi.SyncEnd
import org.lossbook.ffi.TransportException
import org.lossbook.stage.Hub
import org.lossbook.stage.Link
import org.lossbook.stage.Phone
import org.lossbook.stage.Scene
import org.lossbook.stage.TestRoom

/** Used wrongly, or by a host in trouble: the documented error each time, nothing lost, no crash. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MisuseTest {
    private lateinit var folder: File
    private lateinit var hub: Hub

    @BeforeAll
    fun stage(@TempDir temporary: File) {
        folder = temporary
        hub = Hub(folder)
    }

    @AfterAll
    fun strike() = hub.close()

    private suspend fun phone(name: String, phone: Phone = Phone(File(folder, name))): Pair<Phone, Lossbook> {
        val book = phone.open()
        book.enrol(hub.invite(name), Link())
        return phone to book
    }

    private suspend fun Lossbook.report() = reportLoss(NewReport(fields = listOf(FieldEdit("household", "农户张三")))).id

    private fun photo(number: Int) = NewPhoto(Scene.photos[number].path, PhotoOrigin.CAMERA)

    @Test
    fun `a closed book says closed, and all of it is there when it is opened again`() = runBlocking {
        val (phone, book) = phone("closes")
        val case = book.report()
        book.close()
        book.close()
        val refused = assertFailsWith<LossbookException.WrongState> { book.caseScreen(case) }
        assertEquals("closed" to "open", refused.code to refused.needs)
        phone.open().use { again -> assertEquals(case, again.caseScreen(case).row.id) }
    }

    @Test
    fun `many threads at once lose nothing`() = runBlocking {
        val (_, book) = phone("threads")
        book.use {
            val case = book.report()
            val rows = (1..40).map { number ->
                async(Dispatchers.Default) { book.addRow(case, "notes", listOf(FieldEdit("text", "备注 $number"))) }
            }.awaitAll()
            assertEquals(40, rows.toSet().size)
            val kept = book.caseScreen(case).sections.first { it.key == "notes" }.rows
            assertEquals(rows.toSet(), kept.mapNotNull { it.id }.toSet())
        }
    }

    @Test
    fun `a cancelled photo is there whole or not at all`() = runBlocking {
        val (_, book) = phone("cancels")
        book.use {
            val case = book.report()
            repeat(6) { number ->
                val adding = launch(Dispatchers.Default) { book.addPhoto(case, photo(number)) }
                delay(3L * number)
                adding.cancel()
                adding.join()
            }
            val kept = book.caseScreen(case).photos
            kept.forEach { one -> assertEquals(one.lenBytes, whole(book, case, one.digest)) }
            assertTrue(book.addPhoto(case, photo(7)).digest.isNotEmpty())
        }
    }

    @Test
    fun `a photo that is stopped midway says cancelled, and the same file is taken in later`() = runBlocking {
        val (phone, book) = phone("midway")
        val case = book.report()
        book.close()
        Cancellation().use { stop ->
            // Asked after the file is read and before anything is written.
            val place = object : HostLocation {
                override fun lastFix(): PlaceFix? = null.also { stop.cancel() }
            }
            Handle.open(phone.home.path, phone.parts().copy(location = place)).use { handle ->
                val stopped = assertFailsWith<LossbookException.Cancelled> { handle.addPhoto(case, photo(0), stop) }
                assertEquals("cancelled" to 0, stopped.code to handle.caseScreen(case).photos.size)
                handle.addPhoto(case, photo(0), null)
                assertEquals(1, handle.caseScreen(case).photos.size)
            }
        }
    }

    private suspend fun whole(book: Lossbook, case: String, digest: String): ULong {
        val file = File(folder, "whole.jpg")
        book.writePhoto(case, digest, file)
        return file.length().toULong().also { file.delete() }
    }

    @Test
    fun `a locked key store says locked, and opens when it is unlocked`() = runBlocking {
        val (phone, book) = phone("locked")
        val case = book.report()
        book.close()
        phone.keys.locked = true
        assertFailsWith<LossbookException.Locked> { phone.open() }
        phone.keys.locked = false
        phone.open().use { again -> assertEquals(case, again.caseScreen(case).row.id) }
    }

    @Test
    fun `a key store that throws something else is asked again later, and its words go nowhere`() = runBlocking {
        val (phone, book) = phone("broken")
        val case = book.report()
        book.close()
        val broken = object : HostKeyStore {
            override fun wrap(key: ByteArray): ByteArray = throw IllegalStateException("农户张三")

            override fun unwrap(wrapped: ByteArray): ByteArray = wrap(wrapped)
        }
        val failed = assertFailsWith<LossbookException.TryLater> { Lossbook.open(phone.home, phone.parts().copy(keys = broken)) }
        assertEquals("host_failed", failed.code)
        assertFalse("张三" in failed.stackTraceToString())
        phone.open().use { again -> assertEquals(case, again.caseScreen(case).row.id) }
    }

    @Test
    fun `a home that is open is not opened a second time`() = runBlocking {
        val (phone, book) = phone("second")
        book.use {
            val second = assertFailsWith<LossbookException.TryLater> { phone.open() }
            assertEquals("in_use", second.code)
            assertTrue(book.report().isNotEmpty())
        }
    }

    @Test
    fun `a transport that throws is no way to the hub, and a later exchange brings everything`() = runBlocking {
        val (phone, book) = phone("throws")
        book.use {
            book.report()
            val bad = HubTransport { throw IllegalStateException("a bug of the app") }
            val outcome = book.sync(bad, phone.options(patienceMs = 300u))
            assertEquals(SyncEnd.NO_WAY to "weak_network", outcome.end to outcome.problem?.code)
            val none = HubTransport { throw TransportException.NoNetwork() }
            val cut = book.sync(none, phone.options(patienceMs = 300u))
            assertEquals(SyncEnd.NO_WAY to "no_network", cut.end to cut.problem?.code)
            assertEquals(SyncEnd.DONE, phone.sync(book).end)
            assertEquals(0uL, book.status().entriesWaiting)
            assertEquals(0, phone.bodiesLeft())
        }
    }

    @Test
    fun `a cancelled exchange leaves no file behind and can begin again`() = runBlocking {
        val (phone, book) = phone("stops")
        book.use {
            val case = book.report()
            book.addPhoto(case, photo(0))
            val reached = CountDownLatch(1)
            val stuck = HubTransport { request ->
                reached.countDown()
                delay(60_000)
                error(request.url)
            }
            val going = launch(Dispatchers.Default) { book.sync(stuck, phone.options()) }
            withTimeout(20_000) { while (reached.count > 0) delay(5) }
            going.cancel(CancellationException("the user stopped it"))
            going.join()
            assertEquals(0, phone.bodiesLeft())
            assertEquals(SyncEnd.DONE, phone.sync(book).end)
        }
    }

    @Test
    fun `only one exchange runs at a time`() = runBlocking {
        val (phone, book) = phone("twice")
        book.use {
            book.report()
            val reached = CountDownLatch(1)
            val slow = HubTransport { request ->
                reached.countDown()
                delay(400)
                phone.link.send(request)
            }
            val first = async(Dispatchers.Default) { book.sync(slow, phone.options()) }
            withTimeout(20_000) { while (reached.count > 0) delay(5) }
            val refused = assertFailsWith<LossbookException> { phone.sync(book) }
            assertEquals("sync_running", refused.code)
            assertEquals(SyncEnd.DONE, first.await().end)
        }
    }

    @Test
    fun `a clock that goes backwards changes no order and loses no photo`() = runBlocking {
        val (phone, book) = phone("clock")
        book.use {
            val case = book.report()
            book.addPhoto(case, photo(0).copy(shutter = book.openShutter().number))
            phone.clock.shiftMs = -3_600_000
            book.addPhoto(case, photo(1).copy(shutter = book.openShutter().number))
            val screen = book.caseScreen(case)
            assertEquals(2, screen.photos.size)
            assertTrue(screen.photos.any { photo -> photo.findings.any { "clock" in it.code } }, screen.photos.flatMap { it.findings }.joinToString { it.code })
            assertEquals(SyncEnd.DONE, phone.sync(book).end)
        }
    }

    @Test
    fun `a full disk refuses a photo, keeps the case, and goes on when there is room`() = runBlocking {
        val room = TestRoom(ULong.MAX_VALUE shr 1)
        val (_, book) = phone("full", Phone(File(folder, "full"), room = room))
        book.use {
            val case = book.report()
            room.left = 1_000_000u
            val refused = assertFailsWith<LossbookException.StorageFull> { book.addPhoto(case, photo(0)) }
            assertEquals("no_room", refused.code)
            assertEquals(0, book.caseScreen(case).photos.size)
            book.setFields(case, listOf(FieldEdit("report.cause", "冰雹")))
            room.left = ULong.MAX_VALUE shr 1
            book.addPhoto(case, photo(0))
            assertEquals(1, book.caseScreen(case).photos.size)
        }
    }

    @Test
    fun `a change is told to whoever watches, and an observer may ask again`() = runBlocking {
        val (_, book) = phone("watches")
        book.use {
            val case = book.report()
            val seen = async(Dispatchers.Default) { book.watchCase(case).first { it.row.cause == "冰雹" } }
            delay(50)
            book.setFields(case, listOf(FieldEdit("report.cause", "冰雹")))
            assertEquals(case, withTimeout(10_000) { seen.await() }.row.id)
        }
    }

    @Test
    fun `foreign bytes are no photo and no code, and say so`() = runBlocking {
        val (_, book) = phone("foreign")
        book.use {
            val case = book.report()
            val file = File(folder, "noise.jpg").apply { writeBytes(ByteArray(5_000) { (it * 31).toByte() }) }
            assertFailsWith<LossbookException.InvalidInput> { book.addPhoto(case, NewPhoto(file.path, PhotoOrigin.GALLERY)) }
            assertFailsWith<LossbookException.InvalidInput> { book.importBundle(file) }
            assertEquals("new_code", assertFailsWith<LossbookException.WrongState> { book.enrol("no code", Link()) }.needs)
            assertFailsWith<LossbookException.NotFound> { book.caseScreen("nothing") }
            val wrong = assertFailsWith<LossbookException.InvalidInput> { book.addRow(case, "lines", listOf(FieldEdit("amount", "much"))) }
            assertTrue(wrong.field.orEmpty().endsWith("amount"))
        }
    }
}
