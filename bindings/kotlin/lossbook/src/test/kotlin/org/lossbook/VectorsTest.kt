package org.lossbook

import java.io.File
import java.security.MessageDigest
import kotlin.test.Test
import kotlin.test.assertEquals
import org.lossbook.ffi.assess

/** A thousand seeded cases get the same answer as in Rust, byte for byte. */
class VectorsTest {
    private val vectors = File(System.getProperty("lossbook.vectors"), "vectors.jsonl")

    @Test
    fun `a thousand assessments are the bytes that Rust wrote`() {
        val noted = File(System.getProperty("lossbook.clone"), "docs/vectors.sha256").readText().substringBefore(' ')
        val digest = MessageDigest.getInstance("SHA-256").digest(vectors.readBytes()).joinToString("") { "%02x".format(it) }
        assertEquals(noted, digest, "the vectors are not those of docs/vectors.sha256")
        val lines = vectors.readLines()
        assertEquals(1_000, lines.size)
        lines.parallelStream().forEach { line ->
            val (head, rest) = line.split(",\"case\":", limit = 2)
            val (case, wanted) = rest.removeSuffix("}").split(",\"assessment\":", limit = 2)
            assertEquals(wanted, assess(case, word(head, "pack"), word(head, "at")), head)
        }
    }

    private fun word(head: String, name: String) = head.substringAfter("\"$name\":\"").substringBefore('"')
}
