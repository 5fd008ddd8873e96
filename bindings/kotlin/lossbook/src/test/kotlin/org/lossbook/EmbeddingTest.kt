package org.lossbook

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.io.TempDir
import org.lossbook.sample.firstCase
import org.lossbook.stage.Hub
import org.lossbook.stage.Phone
import org.lossbook.stage.Scene
import org.lossbook.stage.TestKeys
import org.lossbook.stage.text

/** The example of the guide works as it is written there. */
class EmbeddingTest {
    @TempDir lateinit var folder: File

    @Test
    fun `the example saves a case with a photo and brings both to the hub`() = runBlocking {
        Hub(folder).use { hub ->
            val keys = TestKeys()
            val number = firstCase(folder, keys, hub.invite("查勘员乙"), Scene.photos.first())
            Phone(File(folder, "home"), keys = keys).open().use { book ->
                val screen = book.caseScreen(number)
                assertEquals("张三" to 1, screen.row.household to screen.photos.size)
            }
            assertEquals(number, hub.office("审核主管丙").show(number).text("number"))
        }
    }

    @Test
    fun `the guide shows the example word for word, in under forty lines`() {
        val clone = File(System.getProperty("lossbook.clone"))
        val guide = File(clone, "docs/embedding.md").readText()
        val shown = guide.substringAfter("```kotlin\n").substringBefore("```")
        val source = File(clone, "bindings/kotlin/lossbook/src/test/kotlin/org/lossbook/EmbeddingSample.kt").readText()
        assertEquals(source.substringAfter("package org.lossbook.sample\n").trim(), shown.trim())
        assertTrue(shown.lines().size < 40)
    }

    @Test
    fun `the page of the package names the versions that it is built with`() {
        val clone = File(System.getProperty("lossbook.clone"))
        val build = File(clone, "bindings/kotlin/pom.xml").readText()
        val page = File(clone, "bindings/kotlin/README.md").readText()
        fun version(of: String) = build.substringAfter("<$of.version>").substringBefore("<")
        val named = listOf(
            "<version>${version("kotlin")}</version>", "jna:${version("jna")}@aar", "coroutines-android:${version("coroutines")}",
        )
        assertEquals(emptyList(), named.filter { it !in page })
    }
}
