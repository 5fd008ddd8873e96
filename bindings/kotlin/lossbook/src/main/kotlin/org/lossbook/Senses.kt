package org.lossbook

import java.io.File
import org.lossbook.ffi.ClockReading
import org.lossbook.ffi.HostClock
import org.lossbook.ffi.HostRoom

/**
 * The clocks of a desktop or a server. A phone gives its own: `SystemClock.elapsedRealtime` and `Settings.Global.BOOT_COUNT`.
 */
public class JvmClock : HostClock {
    private val boot = "jvm-" + ProcessStart.ms

    override fun read(): ClockReading =
        ClockReading(System.currentTimeMillis(), ((System.nanoTime() - ProcessStart.nanos) / NANOS_PER_MS).toULong(), boot)

    private object ProcessStart {
        val ms = System.currentTimeMillis()
        val nanos = System.nanoTime()
    }

    private companion object {
        const val NANOS_PER_MS = 1_000_000
    }
}

/** How much room is left where the device's folder is. */
public class FolderRoom(private val folder: File) : HostRoom {
    override fun freeBytes(): ULong? = generateSequence(folder) { it.parentFile }
        .firstOrNull(File::exists)?.usableSpace?.toULong()
}
