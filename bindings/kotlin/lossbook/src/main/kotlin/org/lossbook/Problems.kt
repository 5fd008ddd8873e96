package org.lossbook

import java.net.ConnectException
import java.net.NoRouteToHostException
import java.net.SocketTimeoutException
import java.net.UnknownHostException
import javax.net.ssl.SSLException
import kotlinx.coroutines.CancellationException
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.TransportException
import org.lossbook.ffi.TransportFailure

/** What an exception says: a stable code, and a sentence in Chinese and in English. */
public data class Problem(val code: String, val zh: String, val en: String)

/** The code and the sentences of an exception. */
public val LossbookException.problem: Problem
    get() = when (this) {
        is LossbookException.InvalidInput -> Problem(code, zh, en)
        is LossbookException.NotFound -> Problem(code, zh, en)
        is LossbookException.WrongState -> Problem(code, zh, en)
        is LossbookException.NotAllowed -> Problem(code, zh, en)
        is LossbookException.Locked -> Problem(code, zh, en)
        is LossbookException.StorageFull -> Problem(code, zh, en)
        is LossbookException.StorageDamaged -> Problem(code, zh, en)
        is LossbookException.MadeByNewerApp -> Problem(code, zh, en)
        is LossbookException.TryLater -> Problem(code, zh, en)
        is LossbookException.Refused -> Problem(code, zh, en)
        is LossbookException.Cancelled -> Problem(code, zh, en)
        is LossbookException.Internal -> Problem(code, zh, en)
    }

/** A stable word for programs. */
public val LossbookException.code: String get() = problem.code

/** What is wrong and what helps, in Chinese. */
public val LossbookException.zh: String get() = problem.zh

/** What is wrong and what helps, in English. */
public val LossbookException.en: String get() = problem.en

/** Why no answer came, from whatever a transport threw. */
internal fun transportFailure(thrown: Throwable): TransportFailure = when (thrown) {
    is CancellationException -> throw thrown
    is TransportException.NoNetwork, is UnknownHostException, is NoRouteToHostException -> TransportFailure.NO_NETWORK
    is TransportException.Refused, is ConnectException -> TransportFailure.REFUSED
    is TransportException.Timeout, is SocketTimeoutException -> TransportFailure.TIMEOUT
    is TransportException.Tls, is SSLException -> TransportFailure.TLS
    else -> TransportFailure.CUT
}

/** What an enrolment without an answer is: try again when there is a way. */
internal fun noWay(why: TransportFailure, cause: Throwable): LossbookException {
    val (code, zh, en) = when (why) {
        TransportFailure.TLS -> Problem("tls", "总部的证书不可信：请核对地址", "the hub's certificate is not trusted: check the address")
        TransportFailure.NO_NETWORK, TransportFailure.REFUSED, TransportFailure.CUT, TransportFailure.TIMEOUT ->
            Problem("no_network", "无法连接总部：请检查网络后重试", "no way to the hub: check the network and try again")
    }
    return LossbookException.TryLater(code, zh, en, afterMs = 0u).apply { initCause(cause) }
}
