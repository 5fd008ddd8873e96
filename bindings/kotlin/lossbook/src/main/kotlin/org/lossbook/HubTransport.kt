package org.lossbook

import org.lossbook.ffi.HubAnswer
import org.lossbook.ffi.HubRequest

/**
 * Carries one request to the hub and brings the answer. Whatever it throws means that no answer came; the exchange then
 * decides whether and when to try again. It reads a body from the file that the request names, and never changes it.
 */
public fun interface HubTransport {
    /** Sends one request. An answer with any HTTP status is an answer. */
    public suspend fun send(request: HubRequest): HubAnswer

    public companion object {
        /** The platform's own client: `HttpURLConnection` on Android, `java.net.http` elsewhere. */
        public fun ofPlatform(): HubTransport = try {
            Class.forName("java.net.http.HttpClient")
            JdkTransport()
        } catch (absent: ClassNotFoundException) {
            UrlTransport()
        }
    }
}

/** The most of an answer that is read. */
internal const val MAX_ANSWER_BYTES: Int = 4 * 1024 * 1024
