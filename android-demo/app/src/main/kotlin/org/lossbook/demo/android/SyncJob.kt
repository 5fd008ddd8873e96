package org.lossbook.demo.android

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import java.net.HttpURLConnection
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import org.lossbook.UrlTransport
import org.lossbook.ffi.LinkSpeed
import org.lossbook.ffi.LinkState
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.SyncEnd

/** Exchanges with the hub while nobody looks, when the system says that there is a network. */
class SyncJob : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private var work: Job? = null

    override fun onStartJob(params: JobParameters): Boolean {
        work = scope.launch { jobFinished(params, exchange(params)) }
        return true
    }

    /** The network went, or the system needs its strength: the exchange ends between two requests. */
    override fun onStopJob(params: JobParameters): Boolean {
        work?.cancel()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Whether it should be tried again. */
    private suspend fun exchange(params: JobParameters): Boolean = try {
        val network = params.network
        val transport = if (network == null) UrlTransport() else UrlTransport { network.openConnection(it) as HttpURLConnection }
        val capabilities = getSystemService(ConnectivityManager::class.java).getNetworkCapabilities(network)
        val metered = capabilities?.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED) != true
        val link = LinkState.Up(if (metered) LinkSpeed.CELL else LinkSpeed.WIFI, metered)
        val outcome = Home.book(this).sync(transport, Home.bodies(this), link)
        outcome.end == SyncEnd.NO_WAY
    } catch (locked: LossbookException.Locked) {
        true
    } catch (other: LossbookException) {
        // Not enrolled, or the screen exchanges at this moment: the next turn comes anyway.
        false
    }

    companion object {
        private const val SOON = 1
        private const val REGULARLY = 2
        private const val QUARTER_MS = 15 * 60 * 1_000L

        /** Asks the system for an exchange as soon as there is a network, and for one every quarter of an hour. */
        fun schedule(context: Context) {
            val jobs = context.getSystemService(JobScheduler::class.java)
            val service = ComponentName(context, SyncJob::class.java)
            val soon = JobInfo.Builder(SOON, service).setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY).setPersisted(true)
            val regularly = JobInfo.Builder(REGULARLY, service).setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                .setPersisted(true).setPeriodic(QUARTER_MS)
            jobs.schedule(soon.build())
            if (jobs.getPendingJob(REGULARLY) == null) jobs.schedule(regularly.build())
        }
    }
}
