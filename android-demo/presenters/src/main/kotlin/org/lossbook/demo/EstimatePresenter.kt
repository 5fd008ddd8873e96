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
import org.lossbook.ffi.Judgement
import org.lossbook.ffi.RowStanding
import org.lossbook.ffi.RowView
import org.lossbook.ffi.SectionView

/** Damage and loss lines, and what the contract makes of them, step by step. */
class EstimatePresenter(desk: Desk, route: Route, private val case: String) :
    Presenter<EstimatePresenter.State>(desk, route, State()) {
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
        val screen = state.screen
        val blocks = if (screen == null) {
            listOf(Progress(words.opening, 0))
        } else {
            SECTIONS.flatMap { section(screen, it) } + payable(words, screen)
        }
        return Page(
            words.linesAndDamage,
            blocks,
            subtitle = screen?.row?.let { "${it.household}  ${it.number}" }.orEmpty(),
            notice = trouble(state.problem),
            bottom = listOf(
                Button(words.addLine, Go(Place.Row(case, "lines", null)), Button.Style.MAIN),
                Button(words.addDamage, Go(Place.Row(case, "damage", null))),
                Button(words.addAnswer, Go(Place.Row(case, "answers", null))),
            ),
            back = Back,
        )
    }

    private fun section(screen: CaseScreen, key: String): List<Block> {
        val section = screen.sections.find { it.key == key }
        val rows = section?.rows.orEmpty().filter { it.standing != RowStanding.WITHDRAWN }
        if (section == null || rows.isEmpty()) return emptyList()
        return listOf(Heading(words.of(section.zh, section.en))) + rows.map { row(screen, section, it) }
    }

    private fun row(screen: CaseScreen, section: SectionView, row: RowView): Row {
        val priced = screen.judgement?.lines.orEmpty().find { it.id == row.id }
        val dispute = screen.disputes.find { it.path.startsWith(row.path) }
        val marks = listOfNotNull(
            dispute?.let { Mark(words.disputed, Tone.BAD) },
            priced?.takeIf { !it.covered }?.let { Mark(words.notCovered, Tone.WARN) },
        )
        val tap = if (dispute == null) Go(Place.Row(case, section.key, row.id)) else Go(Place.Dispute(case, dispute.path))
        val formula = priced?.formula?.takeIf { it != row.amount?.text }
        val detail = listOfNotNull(words.rest(row), formula).filter(String::isNotEmpty).joinToString("\n")
        return Row(words.name(row), detail, row.amount?.let(words::money).orEmpty(), marks, tap)
    }

    companion object {
        private val SECTIONS = listOf("lines", "damage", "answers")

        /** What the contract pays and how it comes to that. */
        fun payable(words: Words, screen: CaseScreen): List<Block> {
            val judged = screen.judgement
                ?: return listOfNotNull(Heading(words.payable), screen.judgementProblem?.let { Text(words.of(it.zh, it.en), Tone.WAIT) })
            val heading = Heading(words.payable, words.mark(judged.answer))
            val doubts = (judged.reasons + judged.unmatched).map { Text(words.of(it.zh, it.en), Tone.WARN) }
            return listOf(heading) + Sums(steps(words, judged)) + doubts + listOfNotNull(Text(words.notFinal, Tone.WAIT).takeIf { !judged.isFinal })
        }

        private fun steps(words: Words, judged: Judgement): List<Sums.Sum> {
            val steps = judged.covers.flatMap { cover ->
                cover.steps.map { Sums.Sum(words.label(it.zh, it.en), words.money(it.change), it.source) }
            }
            val total = judged.payable?.let { Sums.Sum(words.payable, words.money(it), judged.capital.orEmpty(), strong = true) }
            return steps + (total ?: Sums.Sum(words.payable, words.undecided, words.asksHeadOffice, strong = true))
        }
    }
}
