package org.lossbook.demo

import org.lossbook.Problem
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.DeviceStatus

/** Sign-in: the code that head office printed makes this phone known to the hub. */
class EnrolPresenter(desk: Desk, route: Route) : Presenter<EnrolPresenter.State>(desk, route, State()) {
    data class State(
        val code: String = "",
        val working: Boolean = false,
        val problem: Problem? = null,
        val enrolled: DeviceStatus? = null,
    )

    data class Typed(val code: String) : Event

    data object Enrol : Event

    data object ToTasks : Event

    override fun touched(event: Event) {
        when (event) {
            is Typed -> change { copy(code = event.code.trim(), problem = null) }
            Enrol, Again -> enrol()
            ToTasks -> route.begin(Place.Tasks)
        }
    }

    private fun enrol() {
        if (now.working) return
        change { copy(working = true, problem = null) }
        attempt({ failed -> change { copy(working = false, problem = failed.told()) } }) {
            val status = desk.book.enrol(now.code, desk.phone.transport)
            change { copy(working = false, enrolled = status) }
        }
    }

    override fun draw(state: State): Page {
        val done = state.enrolled
        val blocks = if (done == null) {
            listOfNotNull(
                Text(words.enrolHow),
                Field(words.enrolCode, state.code, Field.Kind.CODE, words.enrolHint, typed = ::Typed),
                Progress(words.enrolling, 0).takeIf { state.working },
                Text(words.enrolOnce, small = true),
            )
        } else {
            listOf(
                Text(words.enrolledAs(done.user.orEmpty(), done.roles.map(words::role)), Tone.GOOD),
                Text(words.enrolledNext),
            )
        }
        val main = if (done == null) {
            Button(words.enrol, Enrol, Button.Style.MAIN, enabled = state.code.isNotEmpty() && !state.working)
        } else {
            Button(words.toTasks, ToTasks, Button.Style.MAIN)
        }
        return Page(words.enrolTitle, blocks, notice = trouble(state.problem), bottom = listOf(main))
    }
}
