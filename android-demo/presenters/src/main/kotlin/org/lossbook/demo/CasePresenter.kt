package org.lossbook.demo

import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Heading
import org.lossbook.demo.page.Mark
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Sums
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.CaseScreen
import org.lossbook.ffi.CaseStatus
import org.lossbook.ffi.RowStanding
import org.lossbook.ffi.SignatureMark

/** A case: what it pays, what is still open, and what has become of it. */
class CasePresenter(desk: Desk, route: Route, private val case: String) :
    Presenter<CasePresenter.State>(desk, route, State()) {
    data class State(val screen: CaseScreen? = null, val problem: Problem? = null)

    override fun start() {
        attempt({ failed -> change { copy(problem = failed.told()) } }) {
            desk.book.watchCase(case).collect { screen -> change { copy(screen = screen, problem = null) } }
        }
    }

    override fun touched(event: Event) {
        if (event == Again) start()
    }

    override fun draw(state: State): Page {
        val screen = state.screen ?: return Page(words.case, listOf(Progress(words.opening, 0)), notice = trouble(state.problem), back = Back)
        val row = screen.row
        return Page(
            title = row.household.ifEmpty { words.noName },
            subtitle = row.number,
            blocks = standing(screen) + money(screen) + open(screen) + parts(screen) + decided(screen),
            notice = trouble(state.problem),
            tools = listOf(Button(words.bundle, Go(Place.Bundle(case)))),
            bottom = listOf(next(screen), Button(words.photograph, Go(Place.Camera(case))), Button(words.estimate, Go(Place.Estimate(case)))),
            back = Back,
        )
    }

    private fun standing(screen: CaseScreen): List<Block> {
        val marks = listOfNotNull(words.mark(screen.row.state), words.mark(screen.row.status), words.mark(screen.row.signature))
        val detail = listOf(words.cause(screen.row), screen.row.place).filter(String::isNotEmpty).joinToString(" · ")
        return listOf(Row(detail.ifEmpty { words.case }, words.progress(screen.progress), marks = marks))
    }

    private fun money(screen: CaseScreen): List<Block> {
        val judged = screen.judgement
        val rows = listOfNotNull(
            Sums.Sum(words.lossTotal, words.money(screen.total)),
            judged?.payable?.let { Sums.Sum(words.payable, words.money(it), judged.capital.orEmpty(), strong = true) },
        )
        val problem = screen.judgementProblem?.let { Text(words.of(it.zh, it.en), Tone.WAIT) }
        val answer = judged?.let { words.mark(it.answer) }
        return listOfNotNull(Heading(words.amounts, answer), Sums(rows), problem)
    }

    /** What somebody has to do, the most pressing first. */
    private fun open(screen: CaseScreen): List<Block> {
        val disputes = screen.disputes.map {
            val values = it.values.joinToString(" / ") { one -> one.value }
            val detail = listOfNotNull(words.nameAt(screen, it.path), values).joinToString(" · ")
            Row(words.label(it.label), detail, marks = listOf(Mark(words.disputed, Tone.BAD)), tap = Go(Place.Dispute(case, it.path)))
        }
        val returned = screen.returned.filter { it.answers.isEmpty() }.map {
            Row(words.label(it.label), it.then.joinToString(" / "), marks = listOf(Mark(words.toMend, Tone.WARN)), tap = Go(Place.Estimate(case)))
        }
        val shots = screen.shotsMissing.map {
            Row(words.label(it.zh, it.en), listOfNotNull(line(screen, it.line), words.missing(it.count)).joinToString(" · "), marks = listOf(Mark(words.shotMissing, Tone.WARN)), tap = Go(Place.Camera(case)))
        }
        val clocks = screen.judgement?.clocks.orEmpty().filter { it.leads && it.dueText != null }.map {
            Row(words.label(it.zh, it.en), words.due(it.dueText.orEmpty()), marks = listOf(Mark(words.of(it.state), words.clockTone(it.state.code))))
        }
        val all = disputes + returned + shots
        val heading = Heading(words.open, Mark(if (all.isEmpty()) words.allDone else "${all.size}", if (all.isEmpty()) Tone.GOOD else Tone.WARN))
        val times = if (clocks.isEmpty()) emptyList() else listOf(Heading(words.clocks)) + clocks
        return listOf(heading) + all + times
    }

    /** What a line is called. */
    private fun line(screen: CaseScreen, id: String?): String? = screen.sections.find { it.key == "lines" }?.rows
        ?.find { id != null && it.id == id }?.fields?.find { it.name == "item" }?.shown

    private fun parts(screen: CaseScreen): List<Block> {
        val photos = screen.photos.count { it.standing != RowStanding.WITHDRAWN }
        val signature = screen.signatures.lastOrNull()
        return listOf(
            Heading(words.record),
            Row(words.linesAndDamage, words.count(screen.row.lines), words.money(screen.total), tap = Go(Place.Estimate(case))),
            Row(words.photos, words.count(photos.toULong()), tap = Go(Place.Camera(case))),
            Row(
                words.signature,
                signature?.let { "${it.signer}  ${words.money(it.total)}" } ?: words.unsigned,
                marks = listOfNotNull(signature?.let { words.mark(it.mark) }),
                tap = Go(Place.Sign(case)),
            ),
        )
    }

    private fun decided(screen: CaseScreen): List<Block> {
        if (screen.decisions.isEmpty()) return emptyList()
        return listOf(Heading(words.decisions)) + screen.decisions.reversed().map {
            Row("${words.of(it.action)} · ${it.user}", listOf(desk.time(it.wallMs), it.reason).filter(String::isNotEmpty).joinToString("  "))
        } + screen.reopenedBy.map { Text(words.differs(words.of(it.label), it.then, it.now), Tone.WARN) }
    }

    private fun next(screen: CaseScreen): Button {
        val (text, place) = when {
            screen.disputes.isNotEmpty() -> words.settleFirst to Place.Dispute(case, screen.disputes.first().path)
            screen.row.status in DECIDED -> words.sync to Place.Sync
            screen.shotsMissing.isNotEmpty() -> words.photographMissing to Place.Camera(case)
            screen.row.lines == 0uL -> words.priceFirst to Place.Estimate(case)
            screen.row.signature != SignatureMark.VALID -> words.signNow to Place.Sign(case)
            else -> words.sync to Place.Sync
        }
        return Button(text, Go(place), Button.Style.MAIN)
    }

    private companion object {
        /** Head office has decided: nothing more is asked of the field, though more may be added. */
        val DECIDED = setOf(CaseStatus.APPROVED, CaseStatus.DENIED, CaseStatus.PAID, CaseStatus.CLOSED)
    }
}
