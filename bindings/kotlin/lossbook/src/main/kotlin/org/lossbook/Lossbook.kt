package org.lossbook

import java.io.File
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.withContext
import org.lossbook.ffi.AddedPhoto
import org.lossbook.ffi.Attention
import org.lossbook.ffi.BodyStyle
import org.lossbook.ffi.Cancellation
import org.lossbook.ffi.CarriedView
import org.lossbook.ffi.CaseLeftView
import org.lossbook.ffi.CasePage
import org.lossbook.ffi.CaseQuery
import org.lossbook.ffi.CaseScreen
import org.lossbook.ffi.ContractForm
import org.lossbook.ffi.ContractView
import org.lossbook.ffi.DeviceStatus
import org.lossbook.ffi.ExportedBundle
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.FreedView
import org.lossbook.ffi.HostParts
import org.lossbook.ffi.ImportedBundle
import org.lossbook.ffi.Language
import org.lossbook.ffi.LinkSpeed
import org.lossbook.ffi.LinkState
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.NewBundle
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.NewReport
import org.lossbook.ffi.NewSignature
import org.lossbook.ffi.NewsView
import org.lossbook.ffi.Observer
import org.lossbook.ffi.Originals
import org.lossbook.ffi.OutsideView
import org.lossbook.ffi.PersonView
import org.lossbook.ffi.ReceiverView
import org.lossbook.ffi.SavedCase
import org.lossbook.ffi.ScopeView
import org.lossbook.ffi.SectionForm
import org.lossbook.ffi.Shutter
import org.lossbook.ffi.SignedView
import org.lossbook.ffi.StatementKind
import org.lossbook.ffi.StatementView
import org.lossbook.ffi.StatementWish
import org.lossbook.ffi.SyncNoteView
import org.lossbook.ffi.SyncOptions
import org.lossbook.ffi.SyncOutcome
import org.lossbook.ffi.SyncProgress
import org.lossbook.ffi.TimelinePage
import org.lossbook.ffi.Lossbook as Handle

/**
 * An open device: its cases, photos, signatures and its way to the hub.
 *
 * Every function is safe to call from the main thread: the work is done on the dispatcher given to [open]. Each
 * returns when what it wrote survives a power cut, or throws a [LossbookException] and has written nothing; the
 * exception's [code], [zh] and [en] say what is wrong and what helps. Records and enums are those of `org.lossbook.ffi`.
 *
 * ```kotlin
 * Lossbook.openOrCreate(folder, HostParts(keys, clock)).use { book ->
 *     if (book.status().user == null) book.enrol(code, HubTransport.ofPlatform()) // once; from here on without a network
 *     val case = book.reportLoss(NewReport(fields = listOf(FieldEdit("household", "张三"), FieldEdit("cause", "冰雹"))))
 *     book.addPhoto(case.id, NewPhoto(path, PhotoOrigin.CAMERA))
 * }
 * ```
 */
public class Lossbook private constructor(
    private val handle: Handle,
    private val work: CoroutineDispatcher,
) : AutoCloseable {
    private class Watcher(val case: String?, val tell: () -> Unit)

    private val watchers = CopyOnWriteArrayList<Watcher>()
    private val attentions = CopyOnWriteArrayList<(Attention) -> Unit>()
    private val progressed = MutableStateFlow<SyncProgress?>(null)

    init {
        handle.observe(object : Observer {
            override fun caseChanged(case: String) =
                watchers.filter { it.case == null || it.case == case }.forEach { it.tell() }

            override fun progress(progress: SyncProgress) {
                progressed.value = progress
            }

            override fun attention(what: Attention) = attentions.forEach { it(what) }
        })
    }

    /** How far the exchange with the hub has come; nothing before the first one. */
    public val progress: StateFlow<SyncProgress?> = progressed.asStateFlow()

    /** What somebody should look at: a case that came back, a photo that broke, a full disk. */
    public val attention: Flow<Attention> = callbackFlow {
        val told: (Attention) -> Unit = { trySend(it) }
        attentions += told
        awaitClose { attentions -= told }
    }

    /** The case by its id, now and after every change, wherever that came from. A slow reader sees the newest only. */
    public fun watchCase(id: String): Flow<CaseScreen> = changes(id).map { caseScreen(id) }

    /** A page of cases, now and after every change. */
    public fun watchCases(query: CaseQuery = CaseQuery()): Flow<CasePage> = changes(null).map { cases(query) }

    private fun changes(case: String?): Flow<Unit> = callbackFlow {
        val watcher = Watcher(case) { trySend(Unit) }
        watchers += watcher
        trySend(Unit)
        awaitClose { watchers -= watcher }
    }.conflate()

    /** Who this device is and what waits on it. */
    public suspend fun status(): DeviceStatus = call { status() }

    /** Becomes known to the hub that printed the code; on a device that is, lets one more person in. */
    public suspend fun enrol(code: String, transport: HubTransport): DeviceStatus {
        val request = call { enrolRequest(code) }
        val answer = try {
            transport.send(request)
        } catch (failed: Exception) {
            throw noWay(transportFailure(failed), failed)
        }
        return call { enrolAnswer(code, answer) }
    }

    /** People who share this device. */
    public suspend fun people(): List<PersonView> = call { people() }

    /** Signs a person in whom the hub vouched for on this device. */
    public suspend fun signIn(user: String): DeviceStatus = call { signIn(user) }

    /** The villages or teams this device works in. */
    public suspend fun scopes(): List<ScopeView> = call { scopes() }

    /** A page of at most 50 cases, newest first. */
    public suspend fun cases(query: CaseQuery = CaseQuery()): CasePage = call { cases(query) }

    /** Everything a case's screen shows, in one call. */
    public suspend fun caseScreen(case: String): CaseScreen = call { caseScreen(case) }

    /** Who did what to a case and when, newest first. */
    public suspend fun timeline(case: String, after: String? = null, limit: UInt = 50u): TimelinePage =
        call { timeline(case, after, limit) }

    /** What changed since the user last looked at the case; looking starts anew. */
    public suspend fun news(case: String): NewsView = call { news(case) }

    /** Sections and fields with their labels and choices; without a case, those of a new report. */
    public suspend fun form(case: String? = null): List<SectionForm> = call { form(case) }

    /** The contracts that this device knows. */
    public suspend fun contracts(): List<ContractView> = call { contracts() }

    /** What a contract asks for: perils, parts, questions, shots, papers. */
    public suspend fun contract(id: String): ContractForm = call { contract(id) }

    /** Reports a new loss. */
    public suspend fun reportLoss(new: NewReport): SavedCase = call { reportLoss(new) }

    /** Writes fields by their paths: all in one change, or none. */
    public suspend fun setFields(case: String, edits: List<FieldEdit>): Unit = call { setFields(case, edits) }

    /** Adds a row to a section, and says its id. */
    public suspend fun addRow(case: String, section: String, fields: List<FieldEdit>): String =
        call { addRow(case, section, fields) }

    /** Withdraws a row; it stays readable, with the reason. */
    public suspend fun withdraw(case: String, row: String, reason: String): Unit = call { withdraw(case, row, reason) }

    /** Chooses among values that stand, with a reason that becomes part of the record. */
    public suspend fun settle(case: String, path: String, chosen: String, reason: String): Unit =
        call { settle(case, path, chosen, reason) }

    /** Opens the own camera's shutter: its number goes with the photo and tells of shots that were not kept. */
    public suspend fun openShutter(): Shutter = call { openShutter() }

    /**
     * Adds a photo from a file of the app's own folder, or from an open descriptor as `/proc/self/fd/N`.
     * A cancelled coroutine stops the work: the photo is then added whole or not at all.
     */
    public suspend fun addPhoto(case: String, photo: NewPhoto): AddedPhoto = stoppable { addPhoto(case, photo, it) }

    /** Adds a sound or film recording, as [addPhoto] does. */
    public suspend fun addRecording(case: String, recording: NewPhoto): AddedPhoto =
        stoppable { addRecording(case, recording, it) }

    /** A small picture as JPEG. */
    public suspend fun thumbnail(digest: String): ByteArray = call { thumbnail(digest) }

    /** Writes an original, readable, into the app's own folder. Whoever asks for it removes it. */
    public suspend fun writePhoto(case: String, digest: String, to: File): Unit = call { writePhoto(case, digest, to.path) }

    /** Writes a smaller picture of a photo into the app's own folder. Whoever asks for it removes it. */
    public suspend fun writePreview(case: String, digest: String, longSide: UInt, to: File): Unit =
        call { writePreview(case, digest, longSide, to.path) }

    /** Lets go of originals that the hub has confirmed and that no open case needs. */
    public suspend fun letGo(): FreedView = call { letGo() }

    /** The text that would be signed now. */
    public suspend fun statement(case: String, wanted: StatementWish = ESTIMATE): StatementView =
        call { statement(case, wanted) }

    /** Binds ink to the statement that was shown, or keeps the refusal with its reason. */
    public suspend fun sign(case: String, new: NewSignature): SignedView = call { sign(case, new) }

    /** Takes a signature back, with a reason. */
    public suspend fun revokeSignature(case: String, signature: String, reason: String): Unit =
        call { revokeSignature(case, signature, reason) }

    /** Witnesses a signature that another device took. */
    public suspend fun witnessSignature(case: String, signature: String): Unit = call { witnessSignature(case, signature) }

    /** Writes everything that a stranger needs to verify one signature. */
    public suspend fun writeStatementPacket(case: String, signature: String, to: File): Unit =
        call { writeStatementPacket(case, signature, to.path) }

    /** What came in and is kept outside the record, with the reason. */
    public suspend fun outside(): List<OutsideView> = call { outside() }

    /** Writes it to a file and says how many entries that are. */
    public suspend fun exportOutside(to: File): ULong = call { exportOutside(to.path) }

    /** Whom a bundle can be made for. */
    public suspend fun receivers(): List<ReceiverView> = call { receivers() }

    /** Writes a bundle that only its receivers can open. Cancelling leaves no part behind. */
    public suspend fun exportBundle(new: NewBundle): ExportedBundle = stoppable { exportBundle(new, it) }

    /** Takes a bundle in; any number of times, in any order. */
    public suspend fun importBundle(from: File): ImportedBundle = stoppable { importBundle(from.path, it) }

    /** Takes somebody else's sealed bundle along to the hub. */
    public suspend fun carry(from: File): CarriedView = call { carry(from.path) }

    /** Bundles taken along, and whether the hub has them. */
    public suspend fun carried(): List<CarriedView> = call { carried() }

    /** Writes a bundle taken along to a file again. */
    public suspend fun giveCarried(digest: String, to: File): CarriedView = call { giveCarried(digest, to.path) }

    /**
     * Exchanges with the hub until nothing is left to do or nothing helps. One exchange runs at a time. Cancelling the
     * coroutine ends it between two requests; what was acknowledged stays so. [progress] tells how far it is.
     */
    public suspend fun sync(transport: HubTransport, options: SyncOptions): SyncOutcome =
        SyncLoop(call { sync(options) }, work).run(transport)

    /** The same with the usual choices: small bodies in memory, photos from files in [bodies], originals not over a link that costs. */
    public suspend fun sync(transport: HubTransport, bodies: File, link: LinkState = UNMETERED): SyncOutcome =
        sync(transport, SyncOptions(bodyDir = bodies.path, link = link, bodies = BodyStyle.BY_SIZE, meteredOriginals = Originals.HOLD))

    /** How the last exchanges ended. */
    public suspend fun syncLog(limit: UInt = 20u): List<SyncNoteView> = call { syncLog(limit) }

    /** Cases that the hub does not have whole, and what is left of each. */
    public suspend fun unfinished(): List<CaseLeftView> = call { unfinished() }

    /** Closes the device; running calls end first. Every later call throws [LossbookException.WrongState], code `closed`. */
    override fun close() {
        handle.closeHome()
    }

    private suspend fun <T> call(what: Handle.() -> T): T = withContext(work) { handle.what() }

    /** A call that can be told to stop. It is waited for in any case: nothing goes on behind the caller's back. */
    private suspend fun <T> stoppable(what: Handle.(Cancellation) -> T): T = Cancellation().use { stop ->
        coroutineScope {
            val running = async(work) { handle.what(stop) }
            try {
                running.await()
            } catch (cancelled: CancellationException) {
                stop.cancel()
                throw cancelled
            }
        }
    }

    public companion object {
        /** The statement that a household signs, in Chinese. */
        public val ESTIMATE: StatementWish = StatementWish(StatementKind.ESTIMATE, Language.ZH)

        /** A link that costs nothing. */
        public val UNMETERED: LinkState = LinkState.Up(LinkSpeed.WIFI, metered = false)

        /** Opens a device that exists. */
        public suspend fun open(home: File, host: HostParts, work: CoroutineDispatcher = Dispatchers.IO): Lossbook =
            withContext(work) { Lossbook(Handle.open(home.path, host), work) }

        /** Makes a new device in an empty folder. */
        public suspend fun create(home: File, host: HostParts, work: CoroutineDispatcher = Dispatchers.IO): Lossbook =
            withContext(work) { Lossbook(Handle.create(home.path, host), work) }

        /** Opens the device in a folder, or makes one there. */
        public suspend fun openOrCreate(home: File, host: HostParts, work: CoroutineDispatcher = Dispatchers.IO): Lossbook =
            withContext(work) { Lossbook(Handle.openOrCreate(home.path, host), work) }
    }
}
