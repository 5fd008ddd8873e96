package org.lossbook.demo

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import org.lossbook.Problem
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Notice
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.LossbookException
import org.lossbook.problem

/** Back to where the user came from. */
data object Back : Event

/** Opens a place. */
data class Go(val place: Place) : Event

/** Tries once more what did not work. */
data object Again : Event

/**
 * The behaviour of one screen: a state, the events that change it, and how it reads as a [Page]. It knows neither
 * Android nor any rule of insurance: what is insured, missing or payable is asked of the library.
 */
abstract class Presenter<S : Any>(protected val desk: Desk, protected val route: Route, first: S) {
    private val held = MutableStateFlow(first)

    /** Lives as long as the screen. */
    protected val scope: CoroutineScope = desk.scope + Job(desk.scope.coroutineContext.job)

    /** Where the screen stands. */
    val state: StateFlow<S> = held.asStateFlow()

    protected val words: Words get() = desk.words

    protected val now: S get() = held.value

    /** What is on the screen, for as long as somebody looks. */
    val pages: Flow<Page> = combine(held, desk.phone.network) { state, network -> page(state, network) }

    /** What is on the screen at this moment. */
    fun page(): Page = page(held.value, desk.phone.network.value)

    private fun page(state: S, network: Network): Page {
        val page = draw(state)
        val offline = Notice(words.offline, Tone.WAIT).takeIf { network == Network.OFF }
        return page.copy(notice = page.notice ?: offline)
    }

    /** Begins to look. */
    open fun start() = Unit

    /** Answers a touch. */
    fun on(event: Event) {
        when (event) {
            Back -> route.back()
            is Go -> route.open(event.place)
            else -> touched(event)
        }
    }

    /** Ends with the screen. */
    fun close() = scope.cancel()

    protected abstract fun touched(event: Event)

    protected abstract fun draw(state: S): Page

    protected fun change(how: S.() -> S) = held.update(how)

    /** Does something that may fail in a way the library names. */
    protected fun attempt(failed: (LossbookException) -> Unit, what: suspend CoroutineScope.() -> Unit): Job = scope.launch {
        try {
            what()
        } catch (failure: LossbookException) {
            failed(failure)
        }
    }

    /** A strip that says what is wrong and offers to try again. */
    protected fun trouble(problem: Problem?, retry: Boolean = true): Notice? = problem?.let {
        Notice(words.of(it), Tone.BAD, if (retry) Button(words.again, Again) else null)
    }

    protected fun LossbookException.told(): Problem = problem
}
