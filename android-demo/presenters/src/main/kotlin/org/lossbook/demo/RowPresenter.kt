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
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.FieldForm
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.SectionForm

/** One row of a section: a loss line, a damaged room, an answer. Saving shows at once what the contract then pays. */
class RowPresenter(desk: Desk, route: Route, private val place: Place.Row) :
    Presenter<RowPresenter.State>(desk, route, State(row = place.row)) {
    data class State(
        val form: SectionForm? = null,
        val screen: CaseScreen? = null,
        /** The row's id, once it has one. */
        val row: String? = null,
        /** What was typed and is not saved. */
        val typed: Map<String, String> = emptyMap(),
        val all: Boolean = false,
        val problems: Map<String, Problem> = emptyMap(),
        val saving: Boolean = false,
        val saved: Boolean = false,
        /** The reason for a withdrawal that is being written. */
        val withdrawing: String? = null,
    )

    data class Typed(val name: String, val value: String) : Event

    data class Because(val reason: String) : Event

    data object ShowAll : Event

    data object Save : Event

    data object Withdraw : Event

    override fun start() {
        attempt(::failed) {
            val form = desk.book.form(place.case).first { it.key == place.section }
            change { copy(form = form) }
            desk.book.watchCase(place.case).collect { screen -> change { copy(screen = screen) } }
        }
    }

    override fun touched(event: Event) {
        when (event) {
            is Typed -> change { copy(typed = typed + (event.name to event.value), problems = problems - event.name, saved = false) }
            is Because -> change { copy(withdrawing = event.reason) }
            ShowAll -> change { copy(all = true) }
            Save, Again -> save()
            Withdraw -> withdraw()
        }
    }

    private fun save() {
        if (now.saving) return
        change { copy(saving = true, problems = emptyMap()) }
        attempt({ failure -> change { copy(saving = false) }; failed(failure) }) {
            val row = now.row
            if (row == null) {
                val fields = now.typed.filterValues(String::isNotBlank).map { (name, value) -> FieldEdit(name, value) }
                val id = desk.book.addRow(place.case, place.section, fields)
                change { copy(row = id) }
            } else {
                desk.book.setFields(place.case, now.typed.map { (name, value) -> FieldEdit("${place.section}.$row.$name", value) })
            }
            change { copy(saving = false, saved = true, typed = emptyMap()) }
        }
    }

    private fun withdraw() {
        val row = now.row ?: return
        val reason = now.withdrawing ?: return change { copy(withdrawing = "") }
        attempt(::failed) {
            desk.book.withdraw(place.case, "${place.section}.$row", reason)
            route.back()
        }
    }

    private fun failed(failure: LossbookException) {
        val field = (failure as? LossbookException.InvalidInput)?.field?.substringAfterLast('.')
        val shown = when {
            field == REASON && now.withdrawing != null -> REASON
            now.form?.fields.orEmpty().any { it.name == field } -> field.orEmpty()
            else -> ""
        }
        change { copy(problems = problems + (shown to failure.told())) }
    }

    override fun draw(state: State): Page {
        val form = state.form
        val screen = state.screen
        val blocks = if (form == null || screen == null) listOf(Progress(words.opening, 0)) else fields(state, form, screen)
        val save = Button(if (state.saving) words.saving else words.save, Save, Button.Style.MAIN, state.typed.isNotEmpty() && !state.saving)
        val withdraw = Button(words.withdraw, Withdraw, Button.Style.DANGER).takeIf { state.row != null }
        return Page(
            form?.let { words.of(it.zh, it.en) }.orEmpty(),
            blocks,
            notice = trouble(state.problems[""]),
            bottom = listOfNotNull(save, withdraw),
            back = Back,
        )
    }

    private fun fields(state: State, form: SectionForm, screen: CaseScreen): List<Block> {
        val mine = form.fields.filter { it.name != REMOVED }
        val often = mine.filter { it.name in OFTEN || state.typed.containsKey(it.name) }.ifEmpty { mine }
        val shown = if (state.all) mine else often
        val more = Choice(words.moreFields, listOf(Choice.Answer(words.showAll(mine.size - often.size), picked = false, tap = ShowAll)))
        val reason = state.withdrawing?.let { Field(words.reason, it, problem = state.problems[REASON]?.let(words::of).orEmpty(), typed = ::Because) }
        return shown.map { field(state, it, screen) } +
            listOfNotNull(more.takeIf { shown.size < mine.size }, reason, Text(words.saved, Tone.GOOD).takeIf { state.saved }) +
            EstimatePresenter.payable(words, screen)
    }

    private fun field(state: State, field: FieldForm, screen: CaseScreen): Block {
        val rows = screen.sections.find { it.key == place.section }?.rows.orEmpty()
        val stands = rows.find { it.id == state.row }?.fields?.find { it.name == field.name }?.value
        val value = state.typed[field.name] ?: stands.orEmpty()
        if (!field.mayWrite) return Text("${words.label(field)}: ${value.ifEmpty { words.notYours }}", small = true)
        if (field.choices.size in 1..MOST_CHOICES) {
            val answers = field.choices.map { Choice.Answer(words.of(it.zh, it.en), picked = it.id == value, tap = Typed(field.name, it.id)) }
            return Choice(words.label(field), answers)
        }
        return words.field(field, value, "", state.problems[field.name]) { Typed(field.name, it) }
    }

    private companion object {
        const val REMOVED = "removed"
        const val REASON = "reason"
        const val MOST_CHOICES = 12

        /** What is asked of every row; the rest on demand. */
        val OFTEN = setOf("item", "part", "room", "quantity", "unit", "unit_price", "amount", "grade", "area", "question", "answer")
    }
}
