package org.lossbook

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import org.junit.jupiter.api.io.TempDir
import org.lossbook.ffi.CaseScreen
import org.lossbook.ffi.CaseStatus
import org.lossbook.ffi.CoverAnswer
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.InkPoint
import org.lossbook.ffi.InkStroke
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.NewReport
import org.lossbook.ffi.NewSignature
import org.lossbook.ffi.PhotoOrigin
import org.lossbook.ffi.SignAct
import org.lossbook.ffi.SignatureMark
import org.lossbook.ffi.SyncEnd
import org.lossbook.ffi.SyncState
import org.lossbook.stage.Hub
import org.lossbook.stage.Phone
import org.lossbook.stage.RustPhone
import org.lossbook.stage.Scene
import org.lossbook.stage.text

/** From the report in the rain to the decision that comes back, through Kotlin, beside the same library in Rust. */
class StoryTest {
    @TempDir lateinit var folder: File

    @Test
    fun `a loss is reported, disputed, settled, signed and approved, and Rust reads the same`() = runBlocking {
        Hub(folder).use { hub ->
            val (liaison, surveyor) = Phone(File(folder, "liaison")) to Phone(File(folder, "surveyor"))
            liaison.open().use { one -> surveyor.open().use { two -> tell(hub, liaison to one, surveyor to two) } }
        }
    }

    private suspend fun tell(hub: Hub, liaison: Pair<Phone, Lossbook>, surveyor: Pair<Phone, Lossbook>) {
        val (one, two) = liaison.second to surveyor.second
        assertEquals("联络员甲", one.enrol(hub.invite("联络员甲"), liaison.first.link).user)
        assertEquals("查勘员乙", two.enrol(hub.invite("查勘员乙"), surveyor.first.link).user)
        val case = reported(one)
        both(liaison, surveyor)
        disputed(case, one, two)
        both(liaison, surveyor, surveyor, liaison)
        settled(case, one, two)
        insured(case, two)
        signed(case, two)
        both(surveyor)
        approved(case, hub)
        both(surveyor, liaison, surveyor)
        val screen = two.caseScreen(case)
        assertEquals(CaseStatus.APPROVED, screen.row.status)
        assertEquals("审核主管丙", screen.decisions.single().user)
        assertEquals(SyncState.CONFIRMED, screen.row.state)
        asInRust(screen, hub)
    }

    private suspend fun both(vararg phones: Pair<Phone, Lossbook>) = phones.forEach { (phone, book) ->
        val outcome = phone.sync(book)
        assertEquals(SyncEnd.DONE, outcome.end, outcome.problem?.en)
    }

    private suspend fun reported(book: Lossbook): String {
        val fields = fields(
            "household" to "农户张三", "reporter" to "联络员甲", "cause" to "冰雹", "place" to "五十镇北庄村",
            "occurred_at" to "2025-07-16 14:40", "contract" to "huzhu-rural-housing", "area" to "630223102",
        )
        val case = book.reportLoss(NewReport(fields = fields)).id
        Scene.photos.take(2).forEach { photo ->
            val added = book.addPhoto(case, NewPhoto(photo.path, PhotoOrigin.CAMERA, slot = "whole_house", shutter = book.openShutter().number))
            assertTrue(added.thumbnail != null && !added.known)
        }
        book.addRow(case, "lines", fields("room" to "北房", "item" to "瓦片", "unit" to "m²", "amount" to "800"))
        assertEquals(SyncState.SAVED, book.caseScreen(case).row.state)
        return case
    }

    private suspend fun disputed(case: String, one: Lossbook, two: Lossbook) {
        val line = one.caseScreen(case).sections.first { it.key == "lines" }.rows.single()
        two.addRow(case, "lines", fields("room" to "北房", "item" to "檩条", "unit" to "根", "quantity" to "4", "amount" to "640", "part" to "卧室"))
        two.setFields(case, fields("${line.path}.amount" to "1250.50", "${line.path}.part" to "卧室"))
        one.setFields(case, fields("${line.path}.amount" to "950"))
    }

    private suspend fun settled(case: String, one: Lossbook, two: Lossbook) {
        val dispute = one.caseScreen(case).disputes.single()
        assertEquals(setOf("1250.50", "950.00"), dispute.choices.toSet())
        assertEquals("1590.00–1890.50", two.caseScreen(case).total.text)
        val refused = assertFailsWith<LossbookException.WrongState> { two.statement(case) }
        assertEquals("settle", refused.needs)
        assertEquals("reason", assertFailsWith<LossbookException.InvalidInput> { two.settle(case, dispute.path, "1250.50", "") }.field)
        two.settle(case, dispute.path, "1250.50", "现场复测 18.25 m²，按实测面积计价")
        assertEquals("1890.50", two.caseScreen(case).total.text)
    }

    private suspend fun insured(case: String, book: Lossbook) {
        book.setFields(
            case,
            fields("report.policy_from" to "2025-01-01 00:00", "report.policy_to" to "2026-01-01 00:00", "report.insured_class" to "ordinary", "report.unit" to "G-1"),
        )
        book.addRow(case, "objects", fields("kind" to "house", "insured_id" to "house-1"))
        ANSWERS.forEach { (question, answer) -> book.addRow(case, "answers", fields("question" to question, "answer" to answer)) }
        val judged = checkNotNull(book.caseScreen(case).judgement)
        assertEquals(CoverAnswer.COVERED, judged.answer)
        assertEquals("1890.50", judged.payable?.text)
        assertTrue(judged.covers.single().steps.isNotEmpty())
    }

    private suspend fun signed(case: String, book: Lossbook) {
        val shown = book.statement(case)
        val ink = listOf(InkStroke((0 until 40).map { InkPoint(120 + 9 * it, 300 + it % 7, (16 * it).toUInt(), 500u) }))
        val new = NewSignature(
            signer = "农户张三", act = SignAct.SIGNED, wanted = Lossbook.ESTIMATE, shownSha256 = shown.textSha256,
            strokes = ink, width = 1080u, height = 640u,
        )
        val signed = book.sign(case, new)
        assertEquals("1890.50" to shown.text, signed.total.text to signed.text)
        assertEquals(SignatureMark.VALID, book.caseScreen(case).row.signature)
        book.addRow(case, "lines", fields("item" to "门窗", "amount" to "1", "part" to "卧室"))
        assertEquals("show_again", assertFailsWith<LossbookException.WrongState> { book.sign(case, new) }.needs)
        val extra = book.caseScreen(case).sections.first { it.key == "lines" }.rows.single { row -> row.fields.any { it.value == "门窗" } }
        book.withdraw(case, extra.path, "录入错误")
        book.sign(case, new.copy(shownSha256 = book.statement(case).textSha256))
    }

    private fun approved(case: String, hub: Hub) {
        val answer = hub.office("审核主管丙").decide(case, "approve", "资料齐全")
        assertEquals("approved", answer.text("status"))
    }

    /** A phone that knows only the command line pulls the case: heads, totals, photos and payable are the same. */
    private fun asInRust(screen: CaseScreen, hub: Hub) {
        val rust = RustPhone(folder, hub, "查勘员丁")
        rust.run("sync")
        val shown = rust.run("show", screen.row.id)
        val listed = rust.run("list").getValue("cases").jsonArray.single().jsonObject
        assertEquals(listed.text("heads_digest"), screen.row.heads)
        val total = shown.getValue("total_fen").jsonObject
        assertEquals(screen.total.lowFen to screen.total.highFen, total.fen("low") to total.fen("high"))
        assertEquals(shown.getValue("photos").jsonArray.map { it.jsonObject.text("sha256") }.sorted(), screen.photos.map { it.digest }.sorted())
        val judged = rust.run("assess", screen.row.id)
        assertEquals(screen.judgement?.packDigest, judged.getValue("pack").jsonObject.text("digest"))
        val money = judged.getValue("money").jsonObject
        assertEquals(screen.judgement?.payable?.text, money.text("payable"))
        assertEquals(screen.judgement?.capital, money.text("capital"))
    }

    private fun JsonObject.fen(name: String) = getValue(name).jsonPrimitive.long

    private companion object {
        fun fields(vararg pairs: Pair<String, String>) = pairs.map { (name, value) -> FieldEdit(name, value) }

        val ANSWERS = mapOf(
            "occupied" to "是", "under_construction" to "否", "countryside" to "是", "main_home" to "是", "second_house" to "否",
            "undivided" to "否", "local_hukou" to "是", "rural_hukou" to "是", "resident" to "是",
        )
    }
}
