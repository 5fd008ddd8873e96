package org.lossbook.demo

import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Ink
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Paper
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.InkPoint
import org.lossbook.ffi.InkStroke
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.NewSignature
import org.lossbook.ffi.SignAct
import org.lossbook.ffi.SignedView
import org.lossbook.ffi.StatementKind
import org.lossbook.ffi.StatementView
import org.lossbook.ffi.StatementWish

/** The frozen text, and the ink under it. */
class SignPresenter(desk: Desk, route: Route, private val case: String) :
    Presenter<SignPresenter.State>(desk, route, State()) {
    data class State(
        val statement: StatementView? = null,
        /** Whom the ink was last cleared for, and what else was typed. */
        val signer: String = "",
        val strokes: List<List<Ink.Dot>> = emptyList(),
        val width: Int = 0,
        val height: Int = 0,
        val refusing: Boolean = false,
        val reason: String = "",
        val working: Boolean = false,
        val signed: SignedView? = null,
        /** Why nothing can be signed now, or the last try failed. */
        val problem: Problem? = null,
        /** What comes first. */
        val needs: String? = null,
        val signerProblem: Problem? = null,
        val changed: Boolean = false,
    )

    data class Signer(val name: String) : Event

    data class Drawn(val strokes: List<List<Ink.Dot>>, val width: Int, val height: Int) : Event

    data class Because(val reason: String) : Event

    data object Clear : Event

    data object Refuse : Event

    data object Sign : Event

    override fun start() = show()

    private fun show() {
        attempt(::failed) {
            val household = desk.book.caseScreen(case).row.household
            val wish = StatementWish(StatementKind.ESTIMATE, words.language.statement)
            val statement = desk.book.statement(case, wish)
            change { copy(statement = statement, signer = signer.ifEmpty { household }, problem = null, needs = null) }
        }
    }

    override fun touched(event: Event) {
        when (event) {
            is Signer -> change { copy(signer = event.name, signerProblem = null) }
            is Drawn -> change { copy(strokes = event.strokes, width = event.width, height = event.height) }
            is Because -> change { copy(reason = event.reason) }
            Clear -> change { copy(strokes = emptyList()) }
            Refuse -> change { copy(refusing = !refusing) }
            Sign -> sign()
            Again -> show()
        }
    }

    private fun sign() {
        val shown = now.statement ?: return
        if (now.working) return
        change { copy(working = true, problem = null, changed = false) }
        attempt(::failed) {
            val new = NewSignature(
                signer = now.signer,
                act = if (now.refusing) SignAct.REFUSED else SignAct.SIGNED,
                wanted = StatementWish(StatementKind.ESTIMATE, words.language.statement),
                shownSha256 = shown.textSha256,
                strokes = now.strokes.map { stroke -> InkStroke(stroke.map(::point)) },
                width = now.width.toUInt(),
                height = now.height.toUInt(),
                reason = now.reason.ifBlank { null }.takeIf { now.refusing },
                fix = desk.phone.fix(),
            )
            val signed = desk.book.sign(case, new)
            change { copy(working = false, signed = signed) }
        }
    }

    private fun point(dot: Ink.Dot) = InkPoint(dot.x, dot.y, dot.ms.toUInt(), dot.pressure.toUShort())

    private fun failed(failure: LossbookException) {
        val told = failure.told()
        val needs = (failure as? LossbookException.WrongState)?.needs
        change { copy(working = false, problem = told, needs = needs) }
        if (needs == "show_again") {
            change { copy(changed = true, strokes = emptyList()) }
            show()
        }
    }

    override fun draw(state: State): Page {
        val signed = state.signed
        val blocks = when {
            signed != null -> done(state, signed)
            state.statement != null -> paper(state, state.statement)
            state.problem != null -> listOf(Text(words.of(state.problem), Tone.BAD), Text(words.signLater, small = true))
            else -> listOf(Progress(words.opening, 0))
        }
        val changed = trouble(words.statementChanged, retry = false).takeIf { state.changed }
        val notice = changed ?: trouble(state.problem).takeIf { state.statement != null && signed == null }
        return Page(words.signature, blocks, notice = notice, bottom = buttons(state), back = Back)
    }

    private fun paper(state: State, statement: StatementView): List<Block> = listOfNotNull(
        Paper(statement.text),
        Field(words.signer, state.signer, typed = ::Signer),
        Field(words.refusalReason, state.reason, Field.Kind.LONG, typed = ::Because).takeIf { state.refusing },
        Ink(state.strokes, words.signHere, ::Drawn),
    )

    private fun done(state: State, signed: SignedView): List<Block> = listOf(
        Text(if (state.refusing) words.refusalKept else words.signedFor(state.signer, words.money(signed.total)), Tone.GOOD),
        Paper(signed.text),
    )

    private fun buttons(state: State): List<Button> = when {
        state.signed != null -> listOf(Button(words.done, Back, Button.Style.MAIN))
        state.statement == null && state.needs == "settle" -> listOf(Button(words.toCase, Back, Button.Style.MAIN))
        state.statement == null && state.needs == "price" -> listOf(Button(words.priceFirst, Go(Place.Estimate(case)), Button.Style.MAIN))
        state.statement == null -> listOf(Button(words.again, Again, Button.Style.MAIN))
        else -> listOf(
            Button(if (state.refusing) words.keepRefusal else words.signNow, Sign, Button.Style.MAIN, (state.refusing || state.strokes.isNotEmpty()) && !state.working),
            Button(words.clear, Clear),
            Button(if (state.refusing) words.signInstead else words.refuse, Refuse, Button.Style.DANGER),
        )
    }
}
