package org.lossbook

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import org.lossbook.ffi.SyncOutcome
import org.lossbook.ffi.SyncRun
import org.lossbook.ffi.SyncTask

/** Does what a run asks for, one task after the other, until it is done. */
internal class SyncLoop(private val run: SyncRun, private val work: CoroutineDispatcher) {
    suspend fun run(transport: HubTransport): SyncOutcome = run.use {
        try {
            rounds(transport)
        } catch (cancelled: CancellationException) {
            // The run notes how it ended before its files are removed.
            withContext(NonCancellable + work) {
                run.cancel()
                run.nextTask()
            }
            throw cancelled
        }
    }

    private suspend fun rounds(transport: HubTransport): SyncOutcome {
        while (true) {
            when (val task = withContext(work) { run.nextTask() }) {
                is SyncTask.Done -> return task.outcome
                is SyncTask.Wait -> delay(task.ms.toLong())
                is SyncTask.Request -> answer(transport, task)
            }
        }
    }

    private suspend fun answer(transport: HubTransport, task: SyncTask.Request) {
        val request = task.request
        val answer = runCatching { transport.send(request) }
        withContext(work) {
            answer.fold(
                { run.report(request.id, it) },
                { run.reportFailure(request.id, transportFailure(it)) },
            )
        }
    }
}
