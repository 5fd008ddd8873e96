package org.lossbook.stage

import java.io.File
import java.io.IOException
import java.nio.file.Files
import java.util.concurrent.atomic.AtomicInteger
import org.lossbook.FolderRoom
import org.lossbook.HubTransport
import org.lossbook.JvmClock
import org.lossbook.Lossbook
import org.lossbook.ffi.BodyStyle
import org.lossbook.ffi.ClockReading
import org.lossbook.ffi.HostClock
import org.lossbook.ffi.HostException
import org.lossbook.ffi.HostKeyStore
import org.lossbook.ffi.HostParts
import org.lossbook.ffi.HostRoom
import org.lossbook.ffi.HubAnswer
import org.lossbook.ffi.HubRequest
import org.lossbook.ffi.Originals
import org.lossbook.ffi.SyncOptions
import org.lossbook.ffi.SyncOutcome

/** A key store that masks the key with a fixed pattern, and can be locked. A phone's is its hardware. */
class TestKeys(@Volatile var locked: Boolean = false) : HostKeyStore {
    override fun wrap(key: ByteArray): ByteArray = masked(key)

    override fun unwrap(wrapped: ByteArray): ByteArray = masked(wrapped)

    private fun masked(bytes: ByteArray): ByteArray {
        if (locked) throw HostException.Locked()
        return ByteArray(bytes.size) { (bytes[it].toInt() xor MASK).toByte() }
    }

    private companion object {
        const val MASK = 0x5a
    }
}

/** A clock that can be set. */
class TestClock(@Volatile var shiftMs: Long = 0) : HostClock {
    private val real = JvmClock()

    override fun read(): ClockReading = real.read().let { ClockReading(it.wallMs + shiftMs, it.monoMs, it.boot) }
}

/** A disk of which so much is left. */
class TestRoom(@Volatile var left: ULong) : HostRoom {
    override fun freeBytes(): ULong = left
}

/** Lets through what [may] allows, and breaks the rest. */
class Link(private val inner: HubTransport = HubTransport.ofPlatform(), @Volatile var may: (HubRequest) -> Boolean = { true }) : HubTransport {
    val sent = AtomicInteger()

    override suspend fun send(request: HubRequest): HubAnswer {
        if (!may(request)) throw IOException("the link broke")
        sent.incrementAndGet()
        return inner.send(request)
    }
}

/** A phone of the tests: its home, its senses, its library. */
class Phone(
    val home: File,
    val keys: TestKeys = TestKeys(),
    val clock: TestClock = TestClock(),
    val room: HostRoom = FolderRoom(home),
    val link: Link = Link(),
) {
    private val bodies = File(home.path + "-bodies").apply { mkdirs() }

    fun parts() = HostParts(keys = keys, clock = clock, room = room)

    suspend fun open(): Lossbook = Lossbook.openOrCreate(home, parts())

    fun options(patienceMs: ULong = 60_000u) = 
        SyncOptions(bodies.path, Lossbook.UNMETERED, BodyStyle.BY_SIZE, meteredOriginals = Originals.HOLD, patienceMs = patienceMs)

    /** What lies about of bodies that were given out. */
    fun bodiesLeft(): Int = bodies.list().orEmpty().size

    suspend fun sync(book: Lossbook): SyncOutcome = book.sync(link, options())
}

/** Photos that the program draws, as a camera would have written them; drawn once for all tests of a run. */
object Scene {
    val photos: List<File> by lazy {
        val scene = Files.createTempDirectory("lossbook-scene").toFile()
        Runtime.getRuntime().addShutdownHook(Thread { scene.deleteRecursively() })
        Program.run("scene", scene.path)
        scene.listFiles().orEmpty().filter { it.extension == "jpg" }.sorted()
    }
}
