package org.lossbook.demo.android

import android.content.Context
import android.graphics.BitmapFactory
import android.graphics.Typeface
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.FrameLayout
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.TextView
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Choice
import org.lossbook.demo.page.Empty
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Heading
import org.lossbook.demo.page.Mark
import org.lossbook.demo.page.Paper
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Shots
import org.lossbook.demo.page.Size
import org.lossbook.demo.page.Sums
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone

/** Makes the views of blocks that hold no state of their own. */
class BlockViews(private val context: Context, private val brush: Brush, private val tell: (Event) -> Unit) {
    fun made(block: Block): View = when (block) {
        is Heading -> heading(block)
        is Text -> text(block)
        is Row -> row(block)
        is Choice -> choice(block)
        is Sums -> sums(block)
        is Shots -> shots(block)
        is Paper -> words(block.text, Size.TEXT, brush.text).apply {
            background = brush.rounded(brush.paper)
            pad(PAD)
            setTextIsSelectable(true)
        }
        is Progress -> progress(block)
        is Empty -> empty(block)
        else -> throw IllegalArgumentException("${block::class.simpleName} has a view of its own")
    }

    fun margins() = LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply { bottomMargin = brush.dp(Size.GAP) }

    /** Text that grows with the user's setting. */
    fun words(text: String, size: Int, colour: Int, bold: Boolean = false) = TextView(context).apply {
        this.text = text
        setTextSize(TypedValue.COMPLEX_UNIT_SP, size.toFloat())
        setTextColor(colour)
        if (bold) typeface = Typeface.DEFAULT_BOLD
    }

    fun titles(title: String, subtitle: String) = column().apply {
        addView(words(title, Size.TITLE, brush.text, bold = true).apply { isAccessibilityHeading = true })
        if (subtitle.isNotEmpty()) addView(words(subtitle, Size.SMALL, brush.quiet))
    }

    fun tool(text: String, tap: Event) = words(text, Size.TEXT, brush.main, bold = true).apply {
        gravity = Gravity.CENTER
        minWidth = brush.dp(Size.TOUCH)
        minHeight = brush.dp(Size.TOUCH)
        setOnClickListener { tell(tap) }
    }

    fun button(it: Button) = words(it.text, Size.TEXT, colour(it), bold = true).apply {
        val isMain = it.style == Button.Style.MAIN
        gravity = Gravity.CENTER
        minHeight = brush.dp(if (isMain) Size.MAIN_BUTTON else Size.TOUCH)
        background = brush.touchable(if (isMain) brush.main else brush.card, if (it.style == Button.Style.DANGER) brush.bad else brush.line)
        isEnabled = it.enabled
        alpha = if (it.enabled) 1f else FADED
        setOnClickListener { _ -> tell(it.tap) }
    }

    private fun colour(it: Button) = when (it.style) {
        Button.Style.MAIN -> brush.onMain
        Button.Style.PLAIN -> brush.main
        Button.Style.DANGER -> brush.bad
    }

    private fun heading(it: Heading) = line().apply {
        setPadding(0, brush.dp(Size.GAP), 0, 0)
        addView(words(it.text, Size.TEXT, brush.quiet, bold = true).apply { isAccessibilityHeading = true })
        it.mark?.let { mark -> addView(mark(mark)) }
    }

    private fun mark(it: Mark) = words("${it.tone.symbol} ${it.text}", Size.SMALL, brush.textOf(it.tone), bold = true).apply {
        background = brush.rounded(brush.groundOf(it.tone), if (it.tone == Tone.PLAIN) brush.line else brush.groundOf(it.tone), MARK_ROUND)
        setPadding(brush.dp(Size.GAP), 1, brush.dp(Size.GAP), 1)
        layoutParams = LinearLayout.LayoutParams(WRAP_CONTENT, WRAP_CONTENT).apply { setMargins(brush.dp(MARK_GAP), brush.dp(MARK_GAP), 0, 0) }
    }

    private fun text(it: Text) = words(
        if (it.tone == Tone.PLAIN) it.text else "${it.tone.symbol}  ${it.text}",
        if (it.small) Size.SMALL else Size.TEXT,
        if (it.tone == Tone.PLAIN) (if (it.small) brush.quiet else brush.text) else brush.textOf(it.tone),
    ).apply {
        if (it.tone != Tone.PLAIN) {
            background = brush.rounded(brush.groundOf(it.tone), brush.groundOf(it.tone))
            pad(Size.GAP)
        }
    }

    private fun row(it: Row) = line().apply {
        background = brush.touchable(brush.card)
        minimumHeight = brush.dp(Size.MAIN_BUTTON)
        pad(PAD)
        val left = column()
        left.addView(words(it.title, Size.TEXT, brush.text, bold = true))
        val detail = words(it.detail, Size.SMALL, brush.quiet)
        val marks = Wrapping(context).apply { it.marks.forEach { one -> addView(mark(one)) } }
        if (it.marks.isEmpty()) {
            left.addView(foot(detail, amount(it.money)))
        } else {
            if (it.detail.isNotEmpty()) left.addView(detail)
            left.addView(foot(marks, amount(it.money)))
        }
        addView(left, LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f))
        it.tap?.let { tap ->
            addView(words(" ›", Size.TITLE, brush.quiet))
            setOnClickListener { tell(tap) }
        }
    }

    private fun amount(text: String) = if (text.isEmpty()) null else money(text, Size.TEXT, brush.text)

    /** Marks or words at the left, the amount at the right; under each other where the text is large. */
    private fun foot(left: View, amount: View?): View {
        val isLarge = context.resources.configuration.fontScale > Size.LARGE_SCALE
        val foot = if (isLarge) column() else line()
        foot.addView(left, if (isLarge) LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT) else LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f))
        if (amount != null) foot.addView(amount, LinearLayout.LayoutParams(if (isLarge) MATCH_PARENT else WRAP_CONTENT, WRAP_CONTENT))
        return foot
    }

    /** Figures of equal width, so that amounts stand under each other. */
    private fun money(text: String, size: Int, colour: Int) = words(text, size, colour, bold = true).apply {
        fontFeatureSettings = "tnum"
        gravity = Gravity.END
    }

    private fun choice(it: Choice) = column().apply {
        addView(words(it.label, Size.SMALL, brush.quiet))
        it.answers.forEach { answer ->
            val texts = titles("", answer.detail).apply {
                (getChildAt(0) as TextView).apply {
                    text = answer.text
                    setTextSize(TypedValue.COMPLEX_UNIT_SP, Size.TEXT.toFloat())
                }
            }
            val one = line().apply {
                background = brush.touchable(brush.card, if (answer.picked) brush.main else brush.line)
                minimumHeight = brush.dp(Size.TOUCH)
                pad(PAD)
                isSelected = answer.picked
                addView(words(if (answer.picked) "◉" else "○", Size.TEXT, brush.main), LinearLayout.LayoutParams(brush.dp(RADIO), WRAP_CONTENT))
                addView(texts, LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f))
                setOnClickListener { tell(answer.tap) }
            }
            addView(one, margins())
        }
    }

    private fun sums(it: Sums) = column().apply {
        background = brush.rounded(brush.card)
        pad(PAD)
        it.rows.forEach { sum ->
            val labels = column()
            labels.addView(words(sum.label, Size.TEXT, brush.text, sum.strong))
            if (sum.note.isNotEmpty()) labels.addView(words(sum.note, Size.SMALL, brush.quiet))
            val money = money(sum.money, if (sum.strong) Size.SUM else Size.TEXT, if (sum.strong) brush.main else brush.text)
            addView(foot(labels, money), margins())
        }
    }

    private fun shots(it: Shots) = column().apply {
        it.slots.chunked(COLUMNS).forEach { pair ->
            val row = line()
            pair.forEach { slot ->
                row.addView(slot(slot), LinearLayout.LayoutParams(0, MATCH_PARENT, 1f).apply { marginEnd = brush.dp(Size.GAP) })
            }
            repeat(COLUMNS - pair.size) { row.addView(View(context), LinearLayout.LayoutParams(0, 1, 1f)) }
            addView(row, margins())
        }
    }

    private fun slot(it: Shots.Slot) = column().apply {
        background = brush.touchable(brush.card, if (it.picked) brush.main else brush.line)
        isSelected = it.picked
        val picture = it.picture
        val view = if (picture == null) {
            words("＋", Size.TITLE, brush.textOf(it.tone)).apply { gravity = Gravity.CENTER }
        } else {
            ImageView(context).apply {
                setImageBitmap(BitmapFactory.decodeFile(picture))
                scaleType = ImageView.ScaleType.CENTER_CROP
            }
        }
        val frame = FrameLayout(context).apply { setBackgroundColor(brush.groundOf(it.tone)) }
        frame.addView(view, MATCH_PARENT, MATCH_PARENT)
        addView(frame, LinearLayout.LayoutParams(MATCH_PARENT, brush.dp(PICTURE)))
        addView(words(it.label, Size.TEXT, brush.text, bold = true).apply { pad(MARK_GAP) })
        addView(words("${it.tone.symbol} ${it.state}", Size.SMALL, brush.textOf(it.tone)).apply { pad(MARK_GAP) })
        contentDescription = "${it.label}, ${it.state}"
        it.tap?.let { tap -> setOnClickListener { tell(tap) } }
    }

    private fun progress(it: Progress) = column().apply {
        background = brush.rounded(brush.card)
        pad(PAD)
        addView(words(it.text, Size.TEXT, brush.text))
        val of = it.of
        val bar = ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal)
        bar.isIndeterminate = of == null
        if (of != null) {
            bar.max = PARTS
            bar.progress = if (of == 0L) PARTS else (PARTS * it.done / of).toInt()
        }
        addView(bar, LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT))
    }

    private fun empty(it: Empty) = column().apply {
        gravity = Gravity.CENTER
        setPadding(0, brush.dp(PICTURE), 0, 0)
        addView(words(it.text, Size.TITLE, brush.text, bold = true).apply { gravity = Gravity.CENTER })
        addView(words(it.detail, Size.TEXT, brush.quiet).apply { gravity = Gravity.CENTER })
        it.tap?.let { tap -> addView(button(tap), margins()) }
    }

    private fun line() = LinearLayout(context).apply { gravity = Gravity.CENTER_VERTICAL }

    private fun column() = LinearLayout(context).apply { orientation = LinearLayout.VERTICAL }

    private fun View.pad(dp: Int) = brush.dp(dp).let { setPadding(it, it, it, it) }

    private companion object {
        const val PAD = 12
        const val MARK_GAP = 4
        const val MARK_ROUND = 10
        const val COLUMNS = 2
        const val PICTURE = 92
        const val RADIO = 28
        const val PARTS = 1_000
        const val FADED = 0.45f
    }
}

/** Lays its children in a row, and begins a new one where the width ends. */
private class Wrapping(context: Context) : ViewGroup(context) {
    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        measureChildren(MeasureSpec.makeMeasureSpec(MeasureSpec.getSize(widthSpec), MeasureSpec.AT_MOST), heightSpec)
        setMeasuredDimension(MeasureSpec.getSize(widthSpec), place(MeasureSpec.getSize(widthSpec)) { _, _, _ -> })
    }

    override fun onLayout(changed: Boolean, left: Int, top: Int, right: Int, bottom: Int) {
        place(right - left) { child, x, y -> child.layout(x, y, x + child.measuredWidth, y + child.measuredHeight) }
    }

    /** Says the height that is needed. */
    private fun place(width: Int, put: (View, Int, Int) -> Unit): Int {
        var (x, y, high) = Triple(0, 0, 0)
        for (index in 0 until childCount) {
            val child = getChildAt(index)
            if (x > 0 && x + child.measuredWidth > width) {
                x = 0
                y += high
                high = 0
            }
            put(child, x, y)
            x += child.measuredWidth + GAP
            high = maxOf(high, child.measuredHeight + GAP)
        }
        return y + high
    }

    private companion object {
        const val GAP = 12
    }
}
