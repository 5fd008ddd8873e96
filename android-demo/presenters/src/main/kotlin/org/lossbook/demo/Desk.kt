package org.lossbook.demo

import java.io.File
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.StateFlow
import org.lossbook.HubTransport
import org.lossbook.Lossbook
import org.lossbook.ffi.PlaceFix

/** What the phone itself can do for a presenter. The app implements it with Android; tests with files. */
interface Phone {
    /** Whether there is a way out, and whether it costs. */
    val network: StateFlow<Network>

    /** Carries requests to the hub. */
    val transport: HubTransport

    /** A folder of the app's own for files that come and go. */
    val scratch: File

    /** Takes a picture with the app's own camera: the file exactly as the camera wrote it. Nothing if none was taken. */
    suspend fun shoot(): File?

    /** Where the phone is, as far as it knows now. */
    suspend fun fix(): PlaceFix?

    /** Hands files to another app. */
    suspend fun share(files: List<File>)

    /** A file that the user picked, copied into [scratch]. */
    suspend fun pick(): File?
}

/** A way out of the phone. */
enum class Network { OFF, METERED, FREE }

/** Where the user can be. */
sealed interface Place {
    data object Enrol : Place
    data object Tasks : Place
    data object Report : Place
    data class Case(val id: String) : Place
    data class Camera(val case: String) : Place
    data class Estimate(val case: String) : Place
    data class Row(val case: String, val section: String, val row: String?) : Place
    data class Dispute(val case: String, val path: String) : Place
    data class Sign(val case: String) : Place
    data object Sync : Place
    data class Bundle(val case: String?) : Place
}

/** What all screens share. */
class Desk(
    val book: Lossbook,
    val phone: Phone,
    val words: Words,
    val scope: CoroutineScope,
    private val zone: ZoneId = ZoneId.systemDefault(),
) {
    private val time = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm")

    /** A moment as people here write it. */
    fun time(ms: Long): String = time.format(Instant.ofEpochMilli(ms).atZone(zone))

    /** The presenter of a place. */
    fun presenter(place: Place, route: Route): Presenter<*> = when (place) {
        Place.Enrol -> EnrolPresenter(this, route)
        Place.Tasks -> TasksPresenter(this, route)
        Place.Report -> ReportPresenter(this, route)
        is Place.Case -> CasePresenter(this, route, place.id)
        is Place.Camera -> CameraPresenter(this, route, place.case)
        is Place.Estimate -> EstimatePresenter(this, route, place.case)
        is Place.Row -> RowPresenter(this, route, place)
        is Place.Dispute -> DisputePresenter(this, route, place)
        is Place.Sign -> SignPresenter(this, route, place.case)
        Place.Sync -> SyncPresenter(this, route)
        is Place.Bundle -> BundlePresenter(this, route, place.case)
    }
}
