package org.lossbook.demo

import java.io.File
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Heading
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.CaseLeftView
import org.lossbook.ffi.DeviceStatus
import org.lossbook.ffi.LinkSpeed
import org.lossbook.ffi.LinkState
import org.lossbook.ffi.SyncEnd
import org.lossbook.ffi.SyncNoteView
import org.lossbook.ffi.SyncOutcome
import org.lossbook.ffi.SyncPhase
import org.lossbook.ffi.SyncProgress

/** The exchange with the hub: what waits, how far it is, how the last ones ended. */
class SyncPresenter(desk: Desk, route: Route) : Presenter<SyncPresenter.State>(desk, route, State()) {
    data class State(
        val running: Boolean = false,
        val progress: SyncProgress? = null,
        val outcome: SyncOutcome? = null,
        val problem: Problem? = null,
        val status: DeviceStatus? = null,
        val left: List<CaseLeftView> = emptyList(),
        val log: List<SyncNoteView> = emptyList(),
    )

    data object Start : Event

    data object Stop : Event

    private var exchange: Job? = null

    override fun start() {
        attempt({ failed -> change { copy(problem = failed.told()) } }) { look() }
        attempt({}) { desk.book.progress.collect { progress -> if (now.running) change { copy(progress = progress) } } }
    }

    override fun touched(event: Event) {
        when (event) {
            Start, Again -> exchange()
            Stop -> exchange?.cancel()
        }
    }

    private fun exchange() {
        if (now.running) return
        change { copy(running = true, outcome = null, problem = null, progress = null) }
        exchange = attempt({ failed -> change { copy(problem = failed.told()) } }) {
            val outcome = desk.book.sync(desk.phone.transport, File(desk.phone.scratch, "bodies"), link())
            change { copy(outcome = outcome, progress = outcome.progress) }
        }.also { job ->
            job.invokeOnCompletion { ended ->
                change { copy(running = false, problem = if (ended is CancellationException) words.stopped else problem) }
                attempt({}) { look() }
            }
        }
    }

    private suspend fun look() {
        val (status, left, log) = Triple(desk.book.status(), desk.book.unfinished(), desk.book.syncLog(LOGGED))
        change { copy(status = status, left = left, log = log) }
    }

    private fun link(): LinkState = when (desk.phone.network.value) {
        Network.OFF -> LinkState.Down
        Network.METERED -> LinkState.Up(LinkSpeed.CELL, metered = true)
        Network.FREE -> LinkState.Up(LinkSpeed.WIFI, metered = false)
    }

    override fun draw(state: State): Page {
        val blocks = going(state) + ended(state) + left(state) + log(state)
        val main = if (state.running) Button(words.stop, Stop, Button.Style.MAIN) else Button(words.syncNow, Start, Button.Style.MAIN)
        return Page(
            words.sync,
            blocks,
            subtitle = state.status?.let(words::waiting).orEmpty(),
            notice = trouble(state.problem),
            bottom = listOf(main, Button(words.bundleInstead, Go(Place.Bundle(null)))),
            back = Back,
        )
    }

    private fun going(state: State): List<Block> {
        val progress = state.progress
        if (!state.running) return emptyList()
        if (progress == null) return listOf(Progress(words.connecting, 0))
        val entries = Progress(words.entries(progress.sent, progress.received), progress.sent.toLong(), (progress.sent + progress.entriesLeft).toLong())
        val photos = Progress(words.photosGoing(progress.photosSent, progress.photosLeft), progress.photosSent.toLong(), (progress.photosSent + progress.photosLeft).toLong())
        val slow = Text(words.slow(progress.retries), Tone.WAIT).takeIf { progress.phase == SyncPhase.WAITING || progress.retries > 0uL }
        val held = Text(words.photosHeld(progress.photosHeld), Tone.WAIT).takeIf { progress.photosHeld > 0uL }
        return listOfNotNull(Text(words.of(progress.phase), small = true), entries, photos, slow, held)
    }

    private fun ended(state: State): List<Block> {
        val outcome = state.outcome ?: return emptyList()
        // No network is a surveyor's everyday, not a fault.
        val problem = outcome.problem?.let { Text(words.of(it), if (outcome.end == SyncEnd.NO_WAY) Tone.WAIT else Tone.BAD) }
        val done = Text(words.of(outcome.end), if (outcome.end == SyncEnd.DONE) Tone.GOOD else Tone.WARN)
        val held = Text(words.photosHeld(outcome.progress.photosHeld), Tone.WAIT).takeIf { outcome.progress.photosHeld > 0uL }
        return listOfNotNull(done, problem, held) + outcome.brokenPhotos.map { Text(words.brokenPhoto(it), Tone.WARN) }
    }

    private fun left(state: State): List<Block> {
        if (state.left.isEmpty()) return listOf(Text(words.allAtHub, Tone.GOOD)).takeIf { state.status?.user != null && !state.running }.orEmpty()
        return listOf(Heading(words.notYetAtHub)) + state.left.map {
            Row(it.number, words.leftOf(it.entriesLeft, it.photosLeft, it.bytesLeft), marks = listOf(words.mark(it.state)), tap = Go(Place.Case(it.id)))
        }
    }

    private fun log(state: State): List<Block> {
        if (state.log.isEmpty()) return emptyList()
        return listOf(Heading(words.lastExchanges)) + state.log.map { Row(words.of(it.end), words.of(it.zh, it.en)) }
    }

    private companion object {
        const val LOGGED = 5u
    }
}
