package org.lossbook.demo

import java.io.File
import kotlinx.coroutines.Job
import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Choice
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Heading
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.ExportedBundle
import org.lossbook.ffi.ImportedBundle
import org.lossbook.ffi.NewBundle
import org.lossbook.ffi.ReceiverView

/** Cases by hand, without any network: an encrypted file to another phone or to head office, and back. */
class BundlePresenter(desk: Desk, route: Route, private val case: String?) :
    Presenter<BundlePresenter.State>(desk, route, State()) {
    data class State(
        val receivers: List<ReceiverView>? = null,
        /** Ids; nobody is head office. */
        val to: String? = null,
        val originals: Boolean = true,
        val working: Working = Working.NOT,
        val exported: ExportedBundle? = null,
        val imported: ImportedBundle? = null,
        val problem: Problem? = null,
    )

    enum class Working { NOT, WRITING, READING }

    data class To(val id: String?) : Event

    data class Originals(val with: Boolean) : Event

    data object Share : Event

    data object Receive : Event

    data object Stop : Event

    private var work: Job? = null

    override fun start() {
        attempt({ failed -> change { copy(problem = failed.told()) } }) {
            val receivers = desk.book.receivers().filter { it.kind != HUB }
            change { copy(receivers = receivers) }
        }
    }

    override fun touched(event: Event) {
        when (event) {
            is To -> change { copy(to = event.id, exported = null) }
            is Originals -> change { copy(originals = event.with, exported = null) }
            Share -> share()
            Receive -> receive()
            Stop -> work?.cancel()
            Again -> change { copy(problem = null) }
        }
    }

    private fun share() = working(Working.WRITING) {
        val to = listOfNotNull(now.to)
        // Head office takes all or nothing; a phone can be given one case.
        val cases = if (to.isEmpty()) emptyList() else listOfNotNull(case)
        val file = File(desk.phone.scratch, "lossbook-${System.currentTimeMillis()}.lossbundle")
        val exported = desk.book.exportBundle(NewBundle(file.path, to = to, cases = cases, originals = now.originals))
        change { copy(exported = exported) }
        desk.phone.share(exported.files.map(::File))
    }

    private fun receive() = working(Working.READING) {
        val file = desk.phone.pick() ?: return@working
        try {
            val imported = desk.book.importBundle(file)
            change { copy(imported = imported) }
        } finally {
            file.delete()
        }
    }

    private fun working(on: Working, what: suspend () -> Unit) {
        if (now.working != Working.NOT) return
        change { copy(working = on, problem = null, exported = null, imported = null) }
        work = attempt({ failed -> change { copy(problem = failed.told()) } }) { what() }
            .also { job -> job.invokeOnCompletion { change { copy(working = Working.NOT) } } }
    }

    override fun draw(state: State): Page {
        val idle = state.working == Working.NOT
        val blocks = if (idle) result(state) + wishes(state) else listOf(Progress(words.of(state.working), 0))
        val bottom = if (idle) {
            listOf(Button(words.shareBundle, Share, Button.Style.MAIN, state.receivers != null), Button(words.receiveBundle, Receive))
        } else {
            listOf(Button(words.stop, Stop, Button.Style.MAIN))
        }
        return Page(words.bundleTitle, blocks, notice = trouble(state.problem), bottom = bottom, back = Back)
    }

    private fun wishes(state: State): List<Block> {
        val receivers = state.receivers ?: return listOf(Progress(words.opening, 0))
        val hub = Choice.Answer(words.headOffice, words.headOfficeTakesAll, state.to == null, To(null))
        val phones = receivers.map { Choice.Answer(it.user, it.id.take(SHORT), state.to == it.id, To(it.id)) }
        val originals = listOf(
            Choice.Answer(words.withOriginals, picked = state.originals, tap = Originals(true)),
            Choice.Answer(words.withoutOriginals, picked = !state.originals, tap = Originals(false)),
        )
        return listOf(
            Text(words.bundleHow),
            Choice(words.bundleTo, listOf(hub) + phones),
            Choice(words.photos, originals),
        )
    }

    private fun result(state: State): List<Block> {
        val out = state.exported?.let { listOf(Text(words.exported(it), Tone.GOOD)) }.orEmpty()
        val into = state.imported ?: return out
        val problem = into.problem?.let { Text(words.of(it), Tone.BAD) }
        val whole = Text(if (into.complete) words.importedWhole(into.maker) else words.importedPart(into.maker), if (into.complete) Tone.GOOD else Tone.WARN)
        val outside = Text(words.importedOutside(into.outside), Tone.WARN).takeIf { into.outside > 0uL }
        val cases = into.cases.map { Row(it, tap = Go(Place.Case(it))) }
        val heading = Heading(words.cases).takeIf { cases.isNotEmpty() }
        return out + listOfNotNull(whole, problem, Text(words.imported(into), small = true), outside, heading) + cases
    }

    private companion object {
        const val HUB = "hub"
        const val SHORT = 8
    }
}
