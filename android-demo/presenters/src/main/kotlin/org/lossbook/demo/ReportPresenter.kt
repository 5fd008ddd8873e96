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
import org.lossbook.ffi.ContractForm
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.FieldForm
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.NewReport
import org.lossbook.ffi.ScopeView

/** The first notice of a loss: a few fields, saved on this phone, with or without a network. */
class ReportPresenter(desk: Desk, route: Route) : Presenter<ReportPresenter.State>(desk, route, State()) {
    data class State(
        val fields: List<FieldForm>? = null,
        val scopes: List<ScopeView> = emptyList(),
        val scope: String? = null,
        val contract: ContractForm? = null,
        val values: Map<String, String> = emptyMap(),
        /** What is wrong, by field; an empty name is the whole report. */
        val problems: Map<String, Problem> = emptyMap(),
        val saving: Boolean = false,
        /** Which long list is open; a list with a choice made closes. */
        val open: String = "",
    )

    data class Typed(val name: String, val value: String) : Event

    data class Contract(val id: String) : Event

    data class InScope(val id: String) : Event

    data class Open(val name: String) : Event

    data object Here : Event

    data object Save : Event

    override fun start() {
        attempt(::failed) {
            val fields = desk.book.form().first { it.key == "report" }.fields.filter { it.mayWrite }
            val scopes = desk.book.scopes()
            change { copy(fields = fields, scopes = scopes, scope = scopes.firstOrNull()?.name) }
        }
    }

    override fun touched(event: Event) {
        when (event) {
            is Typed -> change { copy(values = values + (event.name to event.value), problems = problems - event.name, open = "") }
            is Open -> change { copy(open = event.name) }
            is InScope -> change { copy(scope = event.id) }
            is Contract -> attempt(::failed) {
                val form = desk.book.contract(event.id)
                change { copy(contract = form, values = values + ("contract" to event.id), open = "") }
            }
            Here -> attempt(::failed) {
                val fix = desk.phone.fix()
                if (fix == null) change { copy(problems = problems + ("position" to words.noFix)) }
                else on(Typed("position", "%.6f,%.6f".format(java.util.Locale.ROOT, fix.lat, fix.lon)))
            }
            Save, Again -> save()
        }
    }

    private fun save() {
        if (now.saving) return
        change { copy(saving = true, problems = emptyMap()) }
        attempt({ failure -> change { copy(saving = false) }; failed(failure) }) {
            val fields = now.values.filterValues(String::isNotBlank).map { (name, value) -> FieldEdit(name, value) }
            val saved = desk.book.reportLoss(NewReport(scope = now.scope, fields = fields))
            route.replace(Place.Case(saved.id))
        }
    }

    private fun failed(failure: LossbookException) {
        val field = (failure as? LossbookException.InvalidInput)?.field?.substringAfterLast('.')
        val shown = field?.takeIf { name -> now.fields.orEmpty().any { it.name == name } }.orEmpty()
        change { copy(problems = problems + (shown to failure.told())) }
    }

    override fun draw(state: State): Page {
        val fields = state.fields
        val blocks = if (fields == null) listOf(Progress(words.opening, 0)) else form(state, fields)
        return Page(
            words.report,
            blocks,
            subtitle = words.savedHere,
            notice = trouble(state.problems[""]),
            bottom = listOf(
                Button(if (state.saving) words.saving else words.save, Save, Button.Style.MAIN, enabled = fields != null && !state.saving),
            ),
            back = Back,
        )
    }

    private fun form(state: State, fields: List<FieldForm>): List<Block> {
        val known = fields.associateBy(FieldForm::name)
        val scopes = Choice(words.scope, state.scopes.map { Choice.Answer(it.name, picked = it.name == state.scope, tap = InScope(it.name)) })
        val insured = known["contract"]?.choices.orEmpty()
        val contracts = list(
            state,
            "contract",
            words.contract,
            insured.map { Choice.Answer(words.of(it.zh, it.en), picked = it.id == state.contract?.id, tap = Contract(it.id)) },
        )
        return listOfNotNull(scopes.takeIf { state.scopes.size > 1 }, contracts) +
            ASKED.mapNotNull(known::get).map { asked(state, it) } +
            listOf(Text(words.restLater, Tone.PLAIN, small = true))
    }

    /** All answers while the list is open; once one is picked, that one, to be changed with a touch. */
    private fun list(state: State, name: String, label: String, answers: List<Choice.Answer>): Choice {
        val picked = answers.find { it.picked }
        if (picked == null || state.open == name) return Choice(label, answers)
        return Choice(label, listOf(picked.copy(detail = words.change, tap = Open(name))))
    }

    private fun asked(state: State, field: FieldForm): Block {
        val value = state.values[field.name].orEmpty()
        val causes = state.contract?.perils.orEmpty()
        if (field.name == "cause" && causes.isNotEmpty()) {
            val answers = causes.map { Choice.Answer(words.of(it.zh, it.en), picked = it.id == value, tap = Typed("cause", it.id)) }
            return list(state, "cause", words.label(field), answers)
        }
        val hint = when (field.name) {
            "occurred_at" -> words.timeHint
            "position" -> words.positionHint
            else -> ""
        }
        return words.field(field, value, hint, state.problems[field.name]) { Typed(field.name, it) }
    }

    private companion object {
        /** What is asked at once; everything else has its time later. */
        val ASKED = listOf("household", "phone", "cause", "occurred_at", "place", "area", "position", "course")
    }
}
