package org.lossbook.demo

import java.io.File
import kotlinx.coroutines.Job
import org.lossbook.Problem
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Heading
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Shots
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.demo.page.Viewfinder
import org.lossbook.ffi.AddedPhoto
import org.lossbook.ffi.CaseScreen
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.PhotoOrigin
import org.lossbook.ffi.PhotoView
import org.lossbook.ffi.RowStanding
import org.lossbook.ffi.ShotView

/** The camera, beside the list of shots that the contract asks for. */
class CameraPresenter(desk: Desk, route: Route, private val case: String) :
    Presenter<CameraPresenter.State>(desk, route, State()) {
    data class State(
        val screen: CaseScreen? = null,
        val asked: List<ShotView> = emptyList(),
        /** Which shot comes next; empty for a free one. */
        val slot: String = "",
        val saving: Boolean = false,
        val last: AddedPhoto? = null,
        /** Small pictures by their photo. */
        val pictures: Map<String, String> = emptyMap(),
        val problem: Problem? = null,
    )

    data class Pick(val slot: String) : Event

    data object Shoot : Event

    data object Stop : Event

    private var shooting: Job? = null

    override fun start() {
        attempt({ failed -> change { copy(problem = failed.told()) } }) {
            desk.book.watchCase(case).collect { screen ->
                val asked = now.asked.ifEmpty { screen.judgement?.let { desk.book.contract(it.pack).shots }.orEmpty() }
                val pictures = now.pictures + newPictures(screen)
                change {
                    val first = if (slot.isEmpty() && this.screen == null) screen.shotsMissing.firstOrNull()?.id.orEmpty() else slot
                    copy(screen = screen, asked = asked, pictures = pictures, slot = first)
                }
            }
        }
    }

    private suspend fun newPictures(screen: CaseScreen): Map<String, String> = screen.photos
        .filter { it.thumbnail != null && it.digest !in now.pictures }
        .associate { photo ->
            val file = File(desk.phone.scratch, "small-${photo.digest}.jpg")
            if (!file.exists()) file.writeBytes(desk.book.thumbnail(photo.thumbnail.orEmpty()))
            photo.digest to file.path
        }

    override fun touched(event: Event) {
        when (event) {
            is Pick -> change { copy(slot = event.slot) }
            Shoot -> shoot()
            Stop -> shooting?.cancel()
            Again -> change { copy(problem = null) }
        }
    }

    private fun shoot() {
        if (now.saving) return
        change { copy(saving = true, problem = null, last = null) }
        val slot = now.slot
        shooting = attempt({ failed -> change { copy(problem = failed.told()) } }) {
            val shutter = desk.book.openShutter()
            val file = desk.phone.shoot() ?: return@attempt
            try {
                val photo = NewPhoto(file.path, PhotoOrigin.CAMERA, slot = slot, shutter = shutter.number, fix = desk.phone.fix())
                val added = desk.book.addPhoto(case, photo)
                change { copy(last = added, slot = next(added, slot)) }
            } finally {
                // Lossbook has its own, encrypted copy, or nothing; either way this one may not lie about.
                file.delete()
            }
        }.also { job -> job.invokeOnCompletion { change { copy(saving = false) } } }
    }

    /** Stays with a shot until enough of it are there. */
    private fun next(added: AddedPhoto, slot: String): String {
        val left = added.shotsMissing.map { it.id }
        return if (slot in left) slot else left.firstOrNull().orEmpty()
    }

    override fun draw(state: State): Page {
        val screen = state.screen
        val asked = state.asked.find { it.id == state.slot }
        val label = asked?.let { words.of(it.zh, it.en) } ?: words.freeShot
        val blocks = if (screen == null) listOf(Progress(words.opening, 0)) else shown(state, screen, label)
        val main = if (state.saving) Button(words.stop, Stop, Button.Style.MAIN) else Button(words.shoot(label), Shoot, Button.Style.MAIN, screen != null)
        return Page(
            words.camera,
            blocks,
            subtitle = screen?.let { words.shotsLeft(it.shotsMissing.sumOf { one -> one.count.toInt() }) }.orEmpty(),
            notice = trouble(state.problem),
            bottom = listOf(main),
            back = Back,
        )
    }

    private fun shown(state: State, screen: CaseScreen, label: String): List<Block> {
        val view = if (state.saving) Progress(words.savingPhoto, 0) else Viewfinder(label)
        val slots = state.asked.map { slot(state, screen, it) } + free(state, screen)
        return listOf(view) + said(state.last) + Heading(words.shots) + Shots(slots)
    }

    private fun said(added: AddedPhoto?): List<Block> {
        if (added == null) return emptyList()
        val saved = Text(if (added.known) words.photoKnown else words.photoSaved, Tone.GOOD)
        val problems = added.problems.map { Text(words.of(it), Tone.WARN) }
        val seen = added.seenBefore.map { Text(words.seenBefore(it.cases), Tone.WARN) }
        return listOf(saved) + problems + seen
    }

    private fun slot(state: State, screen: CaseScreen, shot: ShotView): Shots.Slot {
        val taken = taken(screen).filter { it.slot == shot.id }
        val missing = screen.shotsMissing.filter { it.kind == "shot" && it.id == shot.id }.sumOf { it.count.toInt() }
        val tone = if (missing > 0) Tone.WARN else Tone.GOOD
        val said = if (missing > 0) words.missing(missing.toUInt()) else words.taken(taken.size)
        return Shots.Slot(words.label(shot.zh, shot.en), tone, said, picture(state, taken), Pick(shot.id), state.slot == shot.id)
    }

    private fun free(state: State, screen: CaseScreen): Shots.Slot {
        val others = taken(screen).filter { photo -> state.asked.none { it.id == photo.slot } }
        return Shots.Slot(words.freeShot, Tone.PLAIN, words.taken(others.size), picture(state, others), Pick(""), state.slot.isEmpty())
    }

    private fun taken(screen: CaseScreen) = screen.photos.filter { it.standing != RowStanding.WITHDRAWN }

    private fun picture(state: State, photos: List<PhotoView>) = photos.lastOrNull()?.let { state.pictures[it.digest] }
}
