package org.lossbook.demo

import org.lossbook.ffi.CaseScreen
import org.lossbook.ffi.FieldKind
import org.lossbook.ffi.FieldView
import org.lossbook.ffi.RowView

/** The fields that name a row: a loss item, else its part or room, else a question. */
private val NAMING = listOf("item", "part", "room", "question")

private fun RowView.naming(): FieldView? = NAMING.firstNotNullOfOrNull { name -> fields.find { it.name == name } }

/** What a row is called; nothing if nobody named it. */
internal fun Words.name(row: RowView): String = row.naming()?.let { shown(it) }.orEmpty()

/** What the row is called in which a path lies. */
internal fun Words.nameAt(screen: CaseScreen, path: String): String? = screen.sections.flatMap { it.rows }
    .find { it.id != null && (path == it.path || path.startsWith("${it.path}.")) }
    ?.let { name(it) }?.ifEmpty { null }

/** The rest of a row, each value with its label; its amount stands beside it already. */
internal fun Words.rest(row: RowView): String {
    val naming = row.naming()
    return row.fields
        .filter { it !== naming && it.kind != FieldKind.DIGEST && !(it.name == "amount" && row.amount != null) }
        .joinToString(" · ") { "${of(it.zh, it.en)} ${shown(it)}" }
}

/** A value in the contract's words where it has some, and a plain answer in the reader's language. */
private fun Words.shown(field: FieldView): String {
    val choice = field.choice
    return if (choice != null) of(choice) else field.shown?.let { if (field.name == "answer") answer(it) else it } ?: disputed
}
