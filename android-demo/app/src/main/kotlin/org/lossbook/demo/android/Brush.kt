package org.lossbook.demo.android

import android.content.Context
import android.content.res.Configuration
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable
import android.content.res.ColorStateList
import org.lossbook.demo.page.Palette
import org.lossbook.demo.page.Size
import org.lossbook.demo.page.Tone

/** Colours and sizes of the shared look, as Android wants them. Dark or light as the phone is set. */
class Brush(context: Context) {
    private val density = context.resources.displayMetrics.density
    private val isDark =
        context.resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK == Configuration.UI_MODE_NIGHT_YES
    private val palette = if (isDark) Palette.DARK else Palette.LIGHT

    val ground = solid(palette.ground)
    val card = solid(palette.card)
    val line = solid(palette.line)
    val text = solid(palette.text)
    val quiet = solid(palette.quiet)
    val main = solid(palette.main)
    val onMain = solid(palette.onMain)
    val paper = solid(palette.paper)
    val bad = solid(palette.bad.first)

    fun textOf(tone: Tone) = solid(palette.of(tone).first)

    fun groundOf(tone: Tone) = solid(palette.of(tone).second)

    fun dp(size: Int) = (size * density + HALF).toInt()

    /** A rounded ground with a border. */
    fun rounded(fill: Int, border: Int = line, radius: Int = Size.ROUND, width: Int = 1) = GradientDrawable().apply {
        setColor(fill)
        cornerRadius = dp(radius).toFloat()
        setStroke(dp(width), border)
    }

    /** The same, for something to touch. */
    fun touchable(fill: Int, border: Int = line) = RippleDrawable(ColorStateList.valueOf(line), rounded(fill, border), null)

    private fun solid(rgb: Int) = OPAQUE or rgb

    private companion object {
        const val HALF = 0.5f
        const val OPAQUE = 0xFF shl 24
    }
}
