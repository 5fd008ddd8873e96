package org.lossbook.demo.page

/** Colours as 0xRRGGBB, for whoever draws. Text on its ground keeps a contrast of 4.5 : 1 or more. */
data class Palette(
    val ground: Int,
    val card: Int,
    val line: Int,
    val text: Int,
    val quiet: Int,
    val main: Int,
    val onMain: Int,
    val paper: Int,
    val good: Pair<Int, Int>,
    val wait: Pair<Int, Int>,
    val warn: Pair<Int, Int>,
    val bad: Pair<Int, Int>,
) {
    /** Text and ground of a tone. */
    fun of(tone: Tone): Pair<Int, Int> = when (tone) {
        Tone.PLAIN -> quiet to ground
        Tone.GOOD -> good
        Tone.WAIT -> wait
        Tone.WARN -> warn
        Tone.BAD -> bad
    }

    companion object {
        val LIGHT = Palette(
            ground = 0xF2F4F3, card = 0xFFFFFF, line = 0xDDE3E0, text = 0x16211D, quiet = 0x55635D,
            main = 0x0B6B4F, onMain = 0xFFFFFF, paper = 0xFFFDF6,
            good = 0x0B6B4F to 0xDDF3EA, wait = 0x2A5BA8 to 0xE3ECFA, warn = 0x8A5200 to 0xFFF0D6, bad = 0xB3261E to 0xFCE4E2,
        )
        val DARK = Palette(
            ground = 0x101513, card = 0x1A211E, line = 0x303A36, text = 0xEAF1EE, quiet = 0xA3B1AB,
            main = 0x5FD3A9, onMain = 0x00251A, paper = 0x22271F,
            good = 0x7FE0BC to 0x12382B, wait = 0xA9C7FF to 0x1B2D4A, warn = 0xFFCB7D to 0x3D2B0B, bad = 0xFFB4AB to 0x4A1B18,
        )
    }
}

/** Sizes in density-independent pixels. */
object Size {
    /** Text larger than this leaves no room for label and amount in one line. */
    const val LARGE_SCALE = 1.2

    /** The least height of anything that is touched. */
    const val TOUCH = 48
    const val MAIN_BUTTON = 56
    const val EDGE = 16
    const val GAP = 8
    const val ROUND = 12
    const val TEXT = 16
    const val SMALL = 13
    const val TITLE = 20
    const val SUM = 20
}
