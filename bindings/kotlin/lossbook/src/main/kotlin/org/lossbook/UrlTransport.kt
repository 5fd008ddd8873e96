package org.lossbook

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.URL
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import org.lossbook.ffi.HubAnswer
import org.lossbook.ffi.HubBody
import org.lossbook.ffi.HubHeader
import org.lossbook.ffi.HubRequest

/** Android's `HttpURLConnection`. (On a desktop it refuses PATCH, with which photos are sent.) */
public class UrlTransport(
    /** Connects differently: over one network of several, or with a trust of its own. */
    private val connect: (URL) -> HttpURLConnection = { it.openConnection() as HttpURLConnection },
) : HubTransport {
    override suspend fun send(request: HubRequest): HubAnswer = coroutineScope {
        val connection = connect(URL(request.url))
        val exchange = async(Dispatchers.IO) { exchange(connection, request) }
        try {
            exchange.await()
        } catch (cancelled: CancellationException) {
            // A blocked read ends only when its socket does.
            connection.disconnect()
            throw cancelled
        }
    }

    private fun exchange(connection: HttpURLConnection, request: HubRequest): HubAnswer {
        connection.requestMethod = request.method
        connection.instanceFollowRedirects = false
        connection.useCaches = false
        connection.connectTimeout = CONNECT_MS
        connection.readTimeout = request.quietMs.toLong().coerceIn(1_000, Int.MAX_VALUE.toLong()).toInt()
        connection.setRequestProperty("Accept-Encoding", "identity")
        request.headers.forEach { connection.setRequestProperty(it.name, it.value) }
        when (val body = request.body) {
            is HubBody.Empty -> Unit
            is HubBody.Bytes -> body.bytes.inputStream().use { upload(connection, it, body.bytes.size.toLong()) }
            is HubBody.File -> File(body.path).inputStream().use { upload(connection, it, body.lenBytes.toLong()) }
        }
        val status = connection.responseCode
        val stream = if (status >= HttpURLConnection.HTTP_BAD_REQUEST) connection.errorStream else connection.inputStream
        val bytes = stream?.use(::bounded) ?: ByteArray(0)
        return HubAnswer(status.toUShort(), headers(connection), bytes)
    }

    private fun upload(connection: HttpURLConnection, from: InputStream, length: Long) {
        connection.doOutput = true
        connection.setFixedLengthStreamingMode(length)
        connection.outputStream.use { from.copyTo(it) }
    }

    private fun headers(connection: HttpURLConnection): List<HubHeader> =
        connection.headerFields.flatMap { (name: String?, values) ->
            if (name == null) emptyList() else values.map { HubHeader(name, it) }
        }

    private fun bounded(stream: InputStream): ByteArray {
        val out = ByteArrayOutputStream()
        val piece = ByteArray(PIECE_BYTES)
        while (true) {
            val count = stream.read(piece)
            if (count < 0) return out.toByteArray()
            out.write(piece, 0, count)
            if (out.size() > MAX_ANSWER_BYTES) throw IOException("the answer is longer than $MAX_ANSWER_BYTES bytes")
        }
    }

    private companion object {
        const val CONNECT_MS = 20_000
        const val PIECE_BYTES = 16 * 1024
    }
}
