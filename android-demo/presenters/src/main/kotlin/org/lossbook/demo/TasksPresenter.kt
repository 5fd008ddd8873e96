package org.lossbook.demo

import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.collect
import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Empty
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Text
import org.lossbook.ffi.CasePage
import org.lossbook.ffi.CaseQuery
import org.lossbook.ffi.CaseRow
import org.lossbook.ffi.DeviceStatus

/** The list of cases, each with what has truly become of it. */
class TasksPresenter(desk: Desk, route: Route) : Presenter<TasksPresenter.State>(desk, route, State()) {
    data class State(
        val cases: CasePage? = null,
        val status: DeviceStatus? = null,
        val find: String = "",
        /** Where the shown page begins; nothing for the first. */
        val after: String? = null,
        val problem: Problem? = null,
    )

    data class Find(val text: String) : Event

    data class More(val after: String) : Event

    private var looking: Job? = null

    override fun start() = look()

    override fun touched(event: Event) {
        when (event) {
            is Find -> change { copy(find = event.text, after = null) }
            is More -> change { copy(after = event.after) }
            Again -> change { copy(problem = null) }
            else -> return
        }
        look()
    }

    private fun look() {
        looking?.cancel()
        looking = attempt({ failed -> change { copy(problem = failed.told()) } }) {
            val query = CaseQuery(text = now.find.ifBlank { null }, after = now.after)
            desk.book.watchCases(query).collect { page ->
                val status = desk.book.status()
                change { copy(cases = page, status = status, problem = null) }
            }
        }
    }

    override fun draw(state: State): Page {
        val page = state.cases
        val blocks = when {
            page == null -> listOf(Progress(words.opening, 0))
            page.rows.isEmpty() && state.find.isNotEmpty() -> listOf(search(state), Text(words.nothingFound))
            page.rows.isEmpty() -> listOf(Empty(words.noCases, words.noCasesHow))
            else -> listOf(search(state)) + page.rows.map(::row) + more(page)
        }
        return Page(
            title = words.tasks,
            subtitle = state.status?.let(words::waiting).orEmpty(),
            blocks = blocks,
            notice = trouble(state.problem),
            tools = listOf(Button(words.bundle, Go(Place.Bundle(null))), Button(words.sync, Go(Place.Sync))),
            bottom = listOf(Button(words.report, Go(Place.Report), Button.Style.MAIN)),
        )
    }

    private fun search(state: State): Block = Field(words.search, state.find, hint = words.searchHint, typed = ::Find)

    private fun more(page: CasePage): List<Block> {
        val next = page.next ?: return emptyList()
        return listOf(Row(words.more, tap = More(next)))
    }

    private fun row(case: CaseRow) = Row(
        title = listOf(case.household.ifEmpty { words.noName }, words.cause(case)).filter(String::isNotEmpty).joinToString(" · "),
        detail = listOf(case.number, case.place).filter(String::isNotEmpty).joinToString("  "),
        money = words.money(case.total),
        marks = listOfNotNull(
            words.mark(case.state),
            words.mark(case.status),
            words.disputed(case.contested),
            words.mark(case.signature),
        ),
        tap = Go(Place.Case(case.id)),
    )
}
