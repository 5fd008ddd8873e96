package org.lossbook

import java.io.File
import java.util.Locale
import kotlin.test.Test
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.io.TempDir
import org.lossbook.ffi.CaseQuery
import org.lossbook.ffi.HostParts
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.PhotoOrigin
import org.lossbook.ffi.versions
import org.lossbook.stage.TestKeys
import org.lossbook.ffi.Lossbook as Handle

/**
 * What the foreign function interface costs from Kotlin on the JVM, beside the same calls made in Rust.
 *
 * Not a test: `cargo xtask long bench-ffi-kotlin` runs it with the library built for release. It times the generated
 * handle, so that a dispatcher's hop is not counted as the interface's.
 */
class InterfaceBench {
    @TempDir lateinit var folder: File

    @Test
    fun `calls through the interface beside the same calls in Rust`() {
        val rust = direct()
        val parts = HostParts(keys = TestKeys(), clock = JvmClock())
        Handle.open(rust.text("home"), parts).use { book -> measure(book, rust) }
    }

    /** The floor, measured in another process, which leaves its home behind. */
    private fun direct(): JsonObject {
        val words = listOf("cargo", "bench", "--quiet", "-p", "lossbook-ffi", "--bench", "direct", "--", folder.path)
        val process = ProcessBuilder(words).directory(File(System.getProperty("lossbook.clone")))
            .redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val said = process.inputStream.bufferedReader().readLines()
        check(process.waitFor() == 0) { said.joinToString("\n") }
        return Json.parseToJsonElement(said.last { it.startsWith("{") }) as JsonObject
    }

    private fun measure(book: Handle, rust: JsonObject) {
        val peer = "the peer is the same method of the facade called in Rust, in another process on the same home"
        val nothing = median(2_001) { versions() }
        compare("a call that does nothing but fill a record", nothing, rust.time("versions_ns"), "", "versions(), median of 2001; $peer")
        val status = median(501) { book.status() }
        compare("status", status, rust.time("status_ns"), "", "median of 501; ${status - rust.time("status_ns")} ns of it are the interface")
        for ((rows, times) in listOf(50 to 201, 1_000 to 41)) {
            val query = CaseQuery(limit = rows.toUInt())
            val ours = median(times) { book.cases(query) }
            val floor = rust.time("page_${rows}_ns")
            val each = String.format(Locale.ROOT, "%.1f", (ours - floor) / rows / 1e3)
            compare("a page of $rows cases", ours, floor, "", "median of $times; $each µs a row are the interface")
        }
        val case = rust.text("case")
        val screen = median(201) { book.caseScreen(case) }
        compare(
            "open a case", screen, rust.time("screen_ns"), "share ≤ 10 %",
            "caseScreen of 15 lines, 6 photos and what the contract says; the interface takes ${share(screen, rust.time("screen_ns"))} of it",
        )
        photos(book, case, rust)
    }

    private fun photos(book: Handle, case: String, rust: JsonObject) {
        val photos = (rust.getValue("photos") as JsonArray).map { it.jsonPrimitive.content }
        val shots = photos.iterator()
        val ours = median(photos.size, warm = 0) { book.addPhoto(case, NewPhoto(shots.next(), PhotoOrigin.CAMERA), null) }
        val size = String.format(Locale.ROOT, "%.1f", File(photos.first()).length() / 1e6)
        compare(
            "take in a 12 MP photo", ours, rust.time("photo_ns"), "share ≤ 5 %",
            "median of ${photos.size} JPEGs of $size MB by path; the interface takes ${share(ours, rust.time("photo_ns"))} of it",
        )
    }

    /** Nanoseconds, the median of so many, after as many rounds in which the JVM compiles what is called. */
    private fun median(times: Int, warm: Int = times, work: () -> Unit): Long {
        repeat(warm) { work() }
        val took = List(times) {
            val start = System.nanoTime()
            work()
            System.nanoTime() - start
        }
        return took.sorted()[times / 2]
    }

    private fun compare(name: String, ours: Long, rust: Long, goal: String, note: String) {
        val row = mapOf(
            "name" to "Kotlin: $name", "ours" to words(ours), "peer" to words(rust),
            "ratio" to String.format(Locale.ROOT, "%.3f", ours.toDouble() / rust), "goal" to goal, "note" to note,
        )
        println("BENCH " + JsonObject(row.mapValues { JsonPrimitive(it.value) }))
    }

    private fun words(ns: Long) =
        if (ns >= 1_000_000) String.format(Locale.ROOT, "%.2f ms", ns / 1e6) else String.format(Locale.ROOT, "%.1f µs", ns / 1e3)

    private fun share(ours: Long, rust: Long) = String.format(Locale.ROOT, "%.1f%%", maxOf(ours - rust, 0) * 100.0 / ours)

    private fun JsonObject.text(name: String) = getValue(name).jsonPrimitive.content

    private fun JsonObject.time(name: String) = text(name).toLong()
}
