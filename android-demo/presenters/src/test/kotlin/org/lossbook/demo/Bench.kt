package org.lossbook.demo

import java.io.File
import java.time.ZoneId
import java.util.concurrent.Executors
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.lossbook.Lossbook
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Choice
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.NewReport
import org.lossbook.ffi.PlaceFix
import org.lossbook.stage.Hub
import org.lossbook.stage.Link
import org.lossbook.stage.Scene
import org.lossbook.stage.Phone as Device

/** A phone made of files: pictures come from a folder, shared files go to a list. */
class PaperPhone(override val scratch: File, private val pictures: List<File>) : Phone {
    override val network = MutableStateFlow(Network.FREE)
    override val transport = Link()
    val shared = mutableListOf<File>()
    var picked: File? = null
    var place: PlaceFix? = PlaceFix(36.84, 101.96, 8.0, 2_530.0, null, 500u, false)
    private var taken = 0

    override suspend fun shoot(): File? {
        val picture = pictures.getOrNull(taken++) ?: return null
        return picture.copyTo(File(scratch, "shot-$taken.jpg"), overwrite = true)
    }

    override suspend fun fix(): PlaceFix? = place

    override suspend fun share(files: List<File>) {
        shared += files
    }

    override suspend fun pick(): File? = picked?.copyTo(File(scratch, "in.lossbundle"), overwrite = true)
}

/** One user at one phone: what they see and touch, over the real library. */
class Hand(val device: Device, val book: Lossbook, val phone: PaperPhone, private val language: Language) : AutoCloseable {
    private val thread = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
    private val scope = CoroutineScope(thread + SupervisorJob())
    val route = Route(Place.Tasks)

    fun desk(language: Language = this.language) = Desk(book, phone, Words(language), scope, ZoneId.of("Asia/Shanghai"))

    /** Opens a place as the app does. */
    @Suppress("UNCHECKED_CAST")
    suspend fun <P : Presenter<*>> at(place: Place, language: Language = this.language): P = withContext(thread) {
        route.begin(place)
        desk(language).presenter(place, route).also { it.start() } as P
    }

    /** Does something on the thread that draws. */
    suspend fun <T> onScreen(what: suspend () -> T): T = withContext(thread) { what() }

    /** Touches something. */
    suspend fun Presenter<*>.touch(event: Event) = onScreen { on(event) }

    /** A loss with a household. */
    suspend fun report(vararg fields: Pair<String, String>): String =
        book.reportLoss(NewReport(fields = fields.map { (name, value) -> FieldEdit(name, value) })).id

    suspend fun add(case: String, section: String, vararg fields: Pair<String, String>): String =
        book.addRow(case, section, fields.map { (name, value) -> FieldEdit(name, value) })

    suspend fun set(case: String, vararg fields: Pair<String, String>) =
        book.setFields(case, fields.map { (name, value) -> FieldEdit(name, value) })

    override fun close() {
        kotlinx.coroutines.runBlocking { scope.coroutineContext.job.cancelAndJoin() }
        thread.close()
        book.close()
    }
}

/** Waits until the screen stands so. */
suspend fun <S : Any> Presenter<S>.until(what: (S) -> Boolean): S = withTimeout(30_000) { state.first(what) }

fun Presenter<*>.blocks(): List<Block> = page().blocks

inline fun <reified B : Block> Presenter<*>.all(): List<B> = blocks().filterIsInstance<B>()

fun Presenter<*>.said(tone: Tone): List<String> = all<Text>().filter { it.tone == tone }.map { it.text }

fun Presenter<*>.main(): Button = page().bottom.first { it.style == Button.Style.MAIN }

fun Presenter<*>.field(label: String): Field = all<Field>().first { it.label == label }

fun Presenter<*>.choice(label: String): Choice = all<Choice>().first { it.label == label }

fun Presenter<*>.row(title: String): Row = all<Row>().first { title in it.title }

/** A hub, its pictures, and phones of it. */
class Bench(private val folder: File) : AutoCloseable {
    val hub = Hub(folder)

    suspend fun hand(name: String, enrolled: Boolean = true, language: Language = Language.ZH, device: Device = Device(File(folder, name))): Hand {
        val book = device.open()
        val scratch = File(folder, "$name-scratch").apply { mkdirs() }
        if (enrolled) book.enrol(hub.invite(name), Link())
        return Hand(device, book, PaperPhone(scratch, Scene.photos), language)
    }

    override fun close() = hub.close()

    companion object {
        /** What the contract asks of a house that is covered. */
        val ANSWERS = mapOf(
            "occupied" to "是", "under_construction" to "否", "countryside" to "是", "main_home" to "是", "second_house" to "否",
            "undivided" to "否", "local_hukou" to "是", "rural_hukou" to "是", "resident" to "是",
        )

        val REPORT = arrayOf(
            "household" to "农户张三", "reporter" to "联络员甲", "cause" to "冰雹", "place" to "五十镇北庄村", "occurred_at" to "2025-07-16 14:40",
            "contract" to "huzhu-rural-housing", "area" to "630223102",
        )

        /** The policy's facts, so that the contract can answer. */
        suspend fun insure(hand: Hand, case: String) {
            hand.set(
                case,
                "report.policy_from" to "2025-01-01 00:00", "report.policy_to" to "2026-01-01 00:00",
                "report.insured_class" to "ordinary", "report.unit" to "G-1",
            )
            hand.add(case, "objects", "kind" to "house", "insured_id" to "house-1")
            ANSWERS.forEach { (question, answer) -> hand.add(case, "answers", "question" to question, "answer" to answer) }
        }
    }
}
