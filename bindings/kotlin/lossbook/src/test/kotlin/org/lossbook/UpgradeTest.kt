package org.lossbook

import java.io.File
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.io.TempDir
import org.lossbook.ffi.LossbookException
import org.lossbook.stage.Phone

/** Stores that older versions made open and read as they did; one that a newer version made is refused, untouched. */
class UpgradeTest {
    @TempDir lateinit var folder: File
    private val stores = File(System.getProperty("lossbook.clone"), "fixtures/stores")

    private fun copied(name: String) = File(folder, name).also { File(stores, "$name/home").copyRecursively(it) }

    @Test
    fun `a store of every version reads as it did`() = runBlocking {
        val versions = stores.listFiles().orEmpty().filter { it.name.startsWith("v") }.sorted()
        assertTrue(versions.isNotEmpty())
        versions.forEach { version ->
            val wanted = Json.parseToJsonElement(File(version, "expected.json").readText())
            Lossbook.open(copied(version.name), Phone(folder).parts()).use { assertEquals(wanted, read(it), version.name) }
        }
    }

    private suspend fun read(book: Lossbook): JsonObject {
        val row = book.cases().rows.first()
        val screen = book.caseScreen(row.id)
        return JsonObject(
            mapOf(
                "number" to JsonPrimitive(row.number),
                "household" to JsonPrimitive(row.household),
                "total" to JsonPrimitive(row.total.text),
                "heads" to JsonPrimitive(row.heads),
                "photos" to JsonArray(screen.photos.map { JsonPrimitive(it.digest) }),
                "signatures" to JsonArray(screen.signatures.map { JsonPrimitive(it.mark.name.lowercase()) }),
                "events" to JsonPrimitive(book.timeline(row.id, limit = 100u).rows.size),
            ),
        )
    }

    @Test
    fun `a store of a newer app is refused and not touched`() = runBlocking {
        val home = copied("newer")
        val before = File(home, "store.db").readBytes()
        val refused = assertFailsWith<LossbookException.MadeByNewerApp> { Lossbook.open(home, Phone(folder).parts()) }
        assertEquals(999u, refused.version)
        assertContentEquals(before, File(home, "store.db").readBytes())
    }
}
