package org.lossbook.demo.android

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import kotlinx.coroutines.Job
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import org.lossbook.demo.Desk
import org.lossbook.demo.Language
import org.lossbook.demo.Place
import org.lossbook.demo.Presenter
import org.lossbook.demo.Route
import org.lossbook.demo.Words
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Notice
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Tone
import org.lossbook.ffi.LossbookException
import org.lossbook.problem

/** The only activity: shows the page of the presenter that is on top of the route, and hands touches to it. */
class MainActivity : Activity() {
    private val scope = MainScope()
    private val words by lazy { Words(if (resources.configuration.locales[0].language == "en") Language.EN else Language.ZH) }
    private lateinit var view: PageView
    private lateinit var phone: AndroidPhone
    private var route: Route? = null
    private var presenter: Presenter<*>? = null
    private var showing: Job? = null

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        // Names, places and signatures stay out of screenshots and of the list of recent apps.
        window.setFlags(WindowManager.LayoutParams.FLAG_SECURE, WindowManager.LayoutParams.FLAG_SECURE)
        val brush = Brush(this)
        val camera = CameraView(this, brush)
        phone = AndroidPhone(this, camera)
        view = PageView(this, brush, camera) { event: Event -> presenter?.on(event) }
        view.fitsSystemWindows = true
        setContentView(view)
        scope.launch { begin() }
    }

    private suspend fun begin() {
        val book = try {
            Home.book(this)
        } catch (failure: LossbookException) {
            val said = Notice(words.of(failure.problem), Tone.BAD)
            return view.show(Page(words.tasks, emptyList(), notice = said))
        }
        val desk = Desk(book, phone, words, scope)
        val first = if (book.status().user == null) Place.Enrol else Place.Tasks
        val way = Route(first).also { route = it }
        way.places.collect { places -> show(desk.presenter(places.last(), way)) }
    }

    private fun show(next: Presenter<*>) {
        showing?.cancel()
        presenter?.close()
        presenter = next
        next.start()
        showing = scope.launch { next.pages.collect(view::show) }
    }

    /** Asks for the camera and the place, once; without them the rest still works. */
    fun ask() {
        val wanted = arrayOf(Manifest.permission.CAMERA, Manifest.permission.ACCESS_FINE_LOCATION)
        if (wanted.any { checkSelfPermission(it) != PackageManager.PERMISSION_GRANTED }) requestPermissions(wanted, 0)
    }

    override fun onStart() {
        super.onStart()
        phone.watch()
        ask()
    }

    override fun onStop() {
        phone.unwatch()
        SyncJob.schedule(this)
        super.onStop()
    }

    override fun onDestroy() {
        presenter?.close()
        scope.cancel()
        view.visibility = View.GONE
        super.onDestroy()
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        super.onActivityResult(request, result, data)
        phone.picked(request, data?.data)
    }

    @Suppress("OVERRIDE_DEPRECATION", "DEPRECATION") // Its successor begins with API 33.
    override fun onBackPressed() {
        if (route?.back() != true) super.onBackPressed()
    }
}
