package org.lossbook.demo.android

import android.content.ClipData
import android.content.Intent
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.net.Uri
import java.io.File
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withContext
import org.lossbook.HubTransport
import org.lossbook.UrlTransport
import org.lossbook.demo.Network
import org.lossbook.demo.Phone
import org.lossbook.ffi.PlaceFix

/** What presenters ask of the phone, done by Android. */
class AndroidPhone(private val activity: MainActivity, private val camera: CameraView) : Phone {
    private val connectivity = activity.getSystemService(ConnectivityManager::class.java)
    private val places = PhoneLocation(activity)
    private val ways = MutableStateFlow(Network.OFF)
    private var picking: CompletableDeferred<Uri?>? = null
    private val watch = object : ConnectivityManager.NetworkCallback() {
        override fun onCapabilitiesChanged(network: android.net.Network, can: NetworkCapabilities) {
            ways.value = if (can.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED)) Network.FREE else Network.METERED
        }

        override fun onLost(network: android.net.Network) {
            ways.value = Network.OFF
        }
    }

    override val network: StateFlow<Network> = ways
    override val transport: HubTransport = UrlTransport()
    override val scratch: File = Home.scratch(activity)

    /** Begins to watch the network. */
    fun watch() = connectivity.registerDefaultNetworkCallback(watch)

    /** Stops watching it. */
    fun unwatch() = connectivity.unregisterNetworkCallback(watch)

    override suspend fun shoot(): File? {
        activity.ask()
        val file = File(scratch, "shot-${System.nanoTime()}.jpg")
        return file.takeIf { camera.shoot(it, places.newest()) }
    }

    override suspend fun fix(): PlaceFix? = withContext(Dispatchers.IO) { places.lastFix() }

    override suspend fun share(files: List<File>) {
        val uris = ArrayList(files.map { ShareProvider.uri(activity, it) })
        val intent = Intent(if (uris.size == 1) Intent.ACTION_SEND else Intent.ACTION_SEND_MULTIPLE).setType(ShareProvider.MEDIA_TYPE)
        if (uris.size == 1) intent.putExtra(Intent.EXTRA_STREAM, uris.first()) else intent.putParcelableArrayListExtra(Intent.EXTRA_STREAM, uris)
        intent.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        intent.clipData = ClipData.newUri(activity.contentResolver, files.first().name, uris.first())
        activity.startActivity(Intent.createChooser(intent, null))
    }

    override suspend fun pick(): File? {
        val waiting = CompletableDeferred<Uri?>()
        picking = waiting
        activity.startActivityForResult(Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*"), PICK)
        val uri = waiting.await() ?: return null
        return copied(uri)
    }

    /** The answer of the system's file picker. */
    fun picked(request: Int, uri: Uri?) {
        if (request == PICK) picking?.complete(uri)
    }

    /** A bundle that another app opens with this one, copied into the app's own folder. */
    suspend fun copied(uri: Uri): File? = withContext(Dispatchers.IO) {
        val file = File(scratch, "in-${System.nanoTime()}.lossbundle")
        activity.contentResolver.openInputStream(uri)?.use { from -> file.outputStream().use { from.copyTo(it) } }?.let { file }
    }

    private companion object {
        const val PICK = 7
    }
}
