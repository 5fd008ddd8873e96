package org.lossbook.demo.page

/** What a touch means. Each presenter has its own events and ignores all others. */
interface Event

/**
 * One screen, ready to draw: what stands on it, in order, and what each touch means.
 *
 * Presenters make pages; `PageView` of the app draws them with Android's views, the tests draw them as HTML. A page
 * holds finished texts only: whoever draws it decides nothing.
 */
data class Page(
    val title: String,
    val blocks: List<Block>,
    val subtitle: String = "",
    /** Stands above everything else: no network, an error with the way out. */
    val notice: Notice? = null,
    /** Buttons at the lower edge, where the thumb is; the first is the main one. */
    val bottom: List<Button> = emptyList(),
    /** Buttons in the title bar. */
    val tools: List<Button> = emptyList(),
    /** What the arrow in the title bar means; none on the first screen. */
    val back: Event? = null,
)

/** How something stands. Always drawn with a symbol too, so that colour is never the only sign. */
enum class Tone(val symbol: String) {
    PLAIN("·"), GOOD("✓"), WAIT("…"), WARN("!"), BAD("✕")
}

/** A strip at the top. */
data class Notice(val text: String, val tone: Tone, val action: Button? = null)

/** A button. */
data class Button(val text: String, val tap: Event, val style: Style = Style.PLAIN, val enabled: Boolean = true) {
    enum class Style { MAIN, PLAIN, DANGER }
}

/** A small word with a colour: 已保存, 有争议. */
data class Mark(val text: String, val tone: Tone)

/** One thing on a page. */
sealed interface Block

/** A heading between groups. */
data class Heading(val text: String, val mark: Mark? = null) : Block

/** A paragraph. */
data class Text(val text: String, val tone: Tone = Tone.PLAIN, val small: Boolean = false) : Block

/** A row to look at or to open. */
data class Row(
    val title: String,
    val detail: String = "",
    /** At the right edge of the last line, in figures of equal width. */
    val money: String = "",
    val marks: List<Mark> = emptyList(),
    val tap: Event? = null,
) : Block

/** A field to fill in. */
data class Field(
    val label: String,
    val value: String,
    val kind: Kind = Kind.WORDS,
    val hint: String = "",
    /** What is wrong with it, if anything. */
    val problem: String = "",
    val typed: (String) -> Event,
) : Block {
    enum class Kind { WORDS, LONG, MONEY, NUMBER, CODE }
}

/** One of several answers. */
data class Choice(val label: String, val answers: List<Answer>) : Block {
    data class Answer(val text: String, val detail: String = "", val picked: Boolean, val tap: Event)
}

/** Amounts under each other, aligned at the right; the last may be the sum. */
data class Sums(val rows: List<Sum>) : Block {
    data class Sum(val label: String, val money: String, val note: String = "", val strong: Boolean = false)
}

/** The shots that a contract asks for, as a grid to tap. */
data class Shots(val slots: List<Slot>) : Block {
    data class Slot(
        val label: String,
        val tone: Tone,
        val state: String,
        /** A small picture in the app's folder, or none. */
        val picture: String? = null,
        val tap: Event?,
        /** Whether the next picture is for it. */
        val picked: Boolean = false,
    )
}

/** The view through the camera: the app shows its camera here. */
data class Viewfinder(val hint: String) : Block

/** The text that is signed, as paper. */
data class Paper(val text: String) : Block

/** Ink: one stroke is a list of points with time and pressure. */
data class Ink(
    val strokes: List<List<Dot>>,
    val hint: String,
    val drawn: (List<List<Dot>>, Int, Int) -> Event,
) : Block {
    /** A touch of the pen: pixels, milliseconds since the first touch, pressure in thousandths. */
    data class Dot(val x: Int, val y: Int, val ms: Int, val pressure: Int)
}

/** How far something has come; without `of`, nobody knows how much is left. */
data class Progress(val text: String, val done: Long, val of: Long? = null) : Block

/** Nothing here yet, and what to do about it. */
data class Empty(val text: String, val detail: String, val tap: Button? = null) : Block
