package org.lossbook.demo.android

import android.content.Context
import java.io.File
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.lossbook.FolderRoom
import org.lossbook.Lossbook
import org.lossbook.ffi.HostParts

/** The one open device of this process: the screens and the exchange in the background share it. */
object Home {
    private val opening = Mutex()
    private var book: Lossbook? = null

    /** Opens it, or gives the one that is open. */
    suspend fun book(context: Context): Lossbook = opening.withLock {
        book ?: open(context.applicationContext).also { book = it }
    }

    private suspend fun open(context: Context): Lossbook {
        val folder = File(context.noBackupFilesDir, "lossbook")
        val parts = HostParts(
            keys = KeystoreKeys(),
            clock = PhoneClock(context),
            room = FolderRoom(context.noBackupFilesDir),
            location = PhoneLocation(context),
        )
        return Lossbook.openOrCreate(folder, parts)
    }

    /** Files that come and go. */
    fun scratch(context: Context): File = File(context.cacheDir, "scratch").apply { mkdirs() }

    /** Bodies of requests that are under way. */
    fun bodies(context: Context): File = File(context.noBackupFilesDir, "bodies")
}
