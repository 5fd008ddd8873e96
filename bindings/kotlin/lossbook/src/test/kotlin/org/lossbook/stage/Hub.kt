package org.lossbook.stage

import java.io.File
import java.util.concurrent.TimeUnit
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** The `lossbook` program, built by cargo: hub, office and other phones of the tests are processes of it. */
object Program {
    val path: String = System.getProperty("lossbook.program")

    /** Runs a command that must succeed, and reads the object it prints last. */
    fun run(vararg words: String): JsonObject {
        val process = ProcessBuilder(path, "--json", *words).redirectError(ProcessBuilder.Redirect.PIPE).start()
        val said = process.inputStream.bufferedReader().readText().trim()
        val warned = process.errorStream.bufferedReader().readText()
        check(process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0) { "${words.joinToString(" ")}: $said $warned" }
        return said.lines().last().ifEmpty { "{}" }.let { Json.parseToJsonElement(it).jsonObject }
    }
}

/** A text of an object. */
fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

/** A hub as a process of its own, with one scope. */
class Hub(private val folder: File, val scope: String = "五十镇") : AutoCloseable {
    private val data = File(folder, "hub").path
    private val process: Process = ProcessBuilder(Program.path, "--json", "hub", "--data", data, "serve", "--listen", "127.0.0.1:0")
        .redirectError(ProcessBuilder.Redirect.DISCARD).start()

    /** Where it listens. */
    val url: String = Json.parseToJsonElement(process.inputStream.bufferedReader().readLine()).jsonObject.text("url")

    init {
        order("scope", scope)
    }

    /** An operator's command. */
    fun order(vararg words: String): JsonObject = Program.run("hub", "--data", data, *words)

    /** A single-use enrolment code. */
    fun invite(user: String, role: String = "surveyor"): String =
        order("invite", "--role", role, "--scope", scope, "--user", user, "--url", url).text("invite")

    /** A reviewer at head office. */
    fun office(user: String): Office {
        val token = File(folder, "office-$user.token")
        token.writeText(order("user", "add", user).text("token"))
        return Office(url, token)
    }

    override fun close() {
        process.destroy()
        process.waitFor()
    }
}

/** A reviewer's client. */
class Office(private val hub: String, private val token: File) {
    fun show(case: String): JsonObject = run("show", case)

    fun decide(case: String, action: String, reason: String, vararg more: String): JsonObject =
        run("decide", case, action, "--reason", reason, *more)

    private fun run(vararg words: String) = Program.run("office", "--hub", hub, "--token-file", token.path, *words)
}

/** A phone that runs no Kotlin: the command line. */
class RustPhone(folder: File, hub: Hub, user: String) {
    private val home = File(folder, "rust-$user").path

    init {
        run("init")
        run("enrol", hub.invite(user))
    }

    fun run(vararg words: String): JsonObject = Program.run("device", "--home", home, *words)
}
