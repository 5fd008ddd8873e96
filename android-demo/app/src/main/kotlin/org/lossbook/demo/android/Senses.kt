package org.lossbook.demo.android

import android.content.Context
import android.location.Location
import android.location.LocationManager
import android.os.SystemClock
import android.provider.Settings
import org.lossbook.ffi.ClockReading
import org.lossbook.ffi.HostClock
import org.lossbook.ffi.HostLocation
import org.lossbook.ffi.PlaceFix

/** The phone's clocks: one that a user can set, one that nobody can, and the number of the boot. */
class PhoneClock(private val context: Context) : HostClock {
    override fun read(): ClockReading {
        val boot = Settings.Global.getInt(context.contentResolver, Settings.Global.BOOT_COUNT, 0)
        return ClockReading(System.currentTimeMillis(), SystemClock.elapsedRealtime().toULong(), "boot-$boot")
    }
}

/** Where the phone is, without waiting. */
class PhoneLocation(context: Context) : HostLocation {
    private val places = context.getSystemService(LocationManager::class.java)

    /** The newest fix of any provider; nothing without leave to know it. */
    fun newest(): Location? = try {
        places.getProviders(true).mapNotNull(places::getLastKnownLocation).maxByOrNull { it.elapsedRealtimeNanos }
    } catch (refused: SecurityException) {
        null
    }

    override fun lastFix(): PlaceFix? = newest()?.let {
        PlaceFix(
            lat = it.latitude,
            lon = it.longitude,
            accuracyM = it.accuracy.toDouble().takeIf { _ -> it.hasAccuracy() },
            altM = it.altitude.takeIf { _ -> it.hasAltitude() },
            satellitesMs = it.time.takeIf { _ -> it.provider == LocationManager.GPS_PROVIDER },
            ageMs = ((SystemClock.elapsedRealtimeNanos() - it.elapsedRealtimeNanos) / NANOS_PER_MS).coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt(),
            mocked = mocked(it),
        )
    }

    private fun mocked(place: Location): Boolean =
        if (android.os.Build.VERSION.SDK_INT >= android.os.Build.VERSION_CODES.S) place.isMock else false

    private companion object {
        const val NANOS_PER_MS = 1_000_000
    }
}
