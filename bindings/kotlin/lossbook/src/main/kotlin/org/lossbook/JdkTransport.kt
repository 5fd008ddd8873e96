package org.lossbook

import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Paths
import java.time.Duration
import kotlinx.coroutines.future.await
import org.lossbook.ffi.HubAnswer
import org.lossbook.ffi.HubBody
import org.lossbook.ffi.HubHeader
import org.lossbook.ffi.HubRequest

/** `java.net.http` of a desktop: for analysts' tools and for tests. */
public class JdkTransport : HubTransport {
    private val client: HttpClient = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(Duration.ofSeconds(CONNECT_SECONDS))
        .build()

    override suspend fun send(request: HubRequest): HubAnswer {
        val body = when (val body = request.body) {
            is HubBody.Empty -> HttpRequest.BodyPublishers.noBody()
            is HubBody.Bytes -> HttpRequest.BodyPublishers.ofByteArray(body.bytes)
            is HubBody.File -> HttpRequest.BodyPublishers.ofFile(Paths.get(body.path))
        }
        val built = HttpRequest.newBuilder(URI(request.url)).method(request.method, body)
            // This client knows no quiet time, only a whole one.
            .timeout(Duration.ofMillis(QUIETS_IN_ALL * request.quietMs.toLong().coerceIn(1_000, HOUR_MS)))
        request.headers.filterNot { it.name.lowercase() in ITS_OWN }.forEach { built.header(it.name, it.value) }
        val answer = client.sendAsync(built.build(), HttpResponse.BodyHandlers.ofByteArray()).await()
        if (answer.body().size > MAX_ANSWER_BYTES) throw IOException("the answer is longer than $MAX_ANSWER_BYTES bytes")
        val headers = answer.headers().map().flatMap { (name, values) -> values.map { HubHeader(name, it) } }
        return HubAnswer(answer.statusCode().toUShort(), headers, answer.body())
    }

    private companion object {
        const val CONNECT_SECONDS = 20L
        const val QUIETS_IN_ALL = 10L
        const val HOUR_MS = 3_600_000L
        val ITS_OWN = setOf("connection", "content-length", "expect", "host", "upgrade")
    }
}
