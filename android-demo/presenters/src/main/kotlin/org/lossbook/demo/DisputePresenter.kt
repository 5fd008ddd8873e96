package org.lossbook.demo

import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Choice
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.CaseScreen
import org.lossbook.ffi.DisputeView
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.WrittenValue

/** Different values for one field: who wrote which, and a choice with a reason. Nothing is lost by choosing. */
class DisputePresenter(desk: Desk, route: Route, private val place: Place.Dispute) :
    Presenter<DisputePresenter.State>(desk, route, State()) {
    data class State(
        val screen: CaseScreen? = null,
        val chosen: String? = null,
        val reason: String = "",
        val working: Boolean = false,
        val settled: Boolean = false,
        val problem: Problem? = null,
        val reasonProblem: Problem? = null,
    )

    data class Choose(val value: String) : Event

    data class Because(val reason: String) : Event

    data object Settle : Event

    override fun start() {
        attempt({ failed -> change { copy(problem = failed.told()) } }) {
            desk.book.watchCase(place.case).collect { screen -> change { copy(screen = screen) } }
        }
    }

    override fun touched(event: Event) {
        when (event) {
            is Choose -> change { copy(chosen = event.value) }
            is Because -> change { copy(reason = event.reason, reasonProblem = null) }
            Settle, Again -> settle()
        }
    }

    private fun settle() {
        val chosen = now.chosen ?: return
        if (now.working) return
        change { copy(working = true, problem = null, reasonProblem = null) }
        attempt(::failed) {
            desk.book.settle(place.case, place.path, chosen, now.reason)
            change { copy(working = false, settled = true) }
        }
    }

    private fun failed(failure: LossbookException) = change {
        val isReason = failure is LossbookException.InvalidInput && failure.field == "reason"
        val told = failure.told()
        copy(working = false, reasonProblem = told.takeIf { isReason }, problem = told.takeIf { !isReason })
    }

    override fun draw(state: State): Page {
        val screen = state.screen
        val dispute = screen?.disputes?.find { it.path == place.path }
        val blocks = when {
            state.settled || (screen != null && dispute == null) ->
                listOf(Text(words.settled, Tone.GOOD), Text(words.settledKept, small = true))
            dispute == null -> listOf(Progress(words.opening, 0))
            else -> question(state, dispute)
        }
        val main = if (screen != null && dispute == null) Button(words.done, Back, Button.Style.MAIN)
        else Button(words.settle, Settle, Button.Style.MAIN, state.chosen != null && !state.working)
        return Page(
            words.dispute,
            blocks,
            subtitle = dispute?.let { listOfNotNull(words.label(it.label), words.nameAt(screen, it.path)).joinToString(" · ") }.orEmpty(),
            notice = trouble(state.problem),
            bottom = listOf(main),
            back = Back,
        )
    }

    private fun question(state: State, dispute: DisputeView): List<Block> {
        val answers = dispute.choices.map { choice ->
            val wrote = dispute.values.filter { it.value == choice }
            Choice.Answer(words.chosen(choice), wrote.joinToString("\n", transform = ::writer), choice == state.chosen, Choose(choice))
        }
        val clash = dispute.words?.let { Text(words.of(it), Tone.WARN) }
        return listOfNotNull(
            Text(if (dispute.binding) words.disputeBinds else words.disputeFree, if (dispute.binding) Tone.BAD else Tone.WAIT),
            clash,
            Choice(words.whichHolds, answers),
            Field(words.reason, state.reason, Field.Kind.LONG, words.reasonHint, state.reasonProblem?.let(words::of).orEmpty(), ::Because),
        )
    }

    private fun writer(value: WrittenValue): String =
        listOf(value.user, desk.time(value.wallMs), value.reason).filter(String::isNotEmpty).joinToString("  ")
}
