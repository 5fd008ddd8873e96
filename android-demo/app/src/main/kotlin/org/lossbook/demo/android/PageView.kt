package org.lossbook.demo.android

import android.annotation.SuppressLint
import android.content.Context
import android.view.Gravity
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.LinearLayout
import android.widget.ScrollView
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Ink
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Size
import org.lossbook.demo.page.Viewfinder

/** Draws pages. What did not change keeps its view, so that typing, drawing and the camera are not disturbed. */
@SuppressLint("ViewConstructor")
class PageView(
    context: Context,
    private val brush: Brush,
    private val camera: CameraView,
    private val tell: (Event) -> Unit,
) : LinearLayout(context) {
    private val header = LinearLayout(context)
    private val notice = LinearLayout(context)
    private val content = LinearLayout(context)
    private val footer = LinearLayout(context)
    private val blocks = BlockViews(context, brush, tell)
    private var shown: List<Block> = emptyList()

    init {
        orientation = VERTICAL
        setBackgroundColor(brush.ground)
        val edge = brush.dp(Size.EDGE)
        content.orientation = VERTICAL
        content.setPadding(edge, brush.dp(Size.GAP), edge, edge)
        listOf(header, notice).forEach {
            it.gravity = Gravity.CENTER_VERTICAL
            it.setPadding(edge, brush.dp(Size.GAP), edge, brush.dp(Size.GAP))
        }
        header.setBackgroundColor(brush.card)
        footer.orientation = VERTICAL
        footer.setBackgroundColor(brush.card)
        footer.setPadding(edge, brush.dp(Size.GAP), edge, brush.dp(Size.GAP))
        val scroll = ScrollView(context).apply { addView(content, MATCH_PARENT, WRAP_CONTENT) }
        addView(header, LayoutParams(MATCH_PARENT, WRAP_CONTENT))
        addView(notice, LayoutParams(MATCH_PARENT, WRAP_CONTENT))
        addView(scroll, LayoutParams(MATCH_PARENT, 0, 1f))
        addView(footer, LayoutParams(MATCH_PARENT, WRAP_CONTENT))
    }

    /** Shows a page. */
    fun show(page: Page) {
        title(page)
        strip(page)
        lay(page.blocks)
        buttons(page)
    }

    private fun title(page: Page) {
        header.removeAllViews()
        page.back?.let { header.addView(blocks.tool("‹", it)) }
        header.addView(blocks.titles(page.title, page.subtitle), LayoutParams(0, WRAP_CONTENT, 1f))
        page.tools.forEach { header.addView(blocks.tool(it.text, it.tap)) }
    }

    private fun strip(page: Page) {
        notice.removeAllViews()
        notice.visibility = if (page.notice == null) View.GONE else View.VISIBLE
        val said = page.notice ?: return
        notice.setBackgroundColor(brush.groundOf(said.tone))
        val text = blocks.words("${said.tone.symbol}  ${said.text}", Size.TEXT, brush.textOf(said.tone))
        // A screen reader says it without being asked.
        text.accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
        notice.addView(text, LayoutParams(0, WRAP_CONTENT, 1f))
        said.action?.let { notice.addView(blocks.tool(it.text, it.tap)) }
    }

    private fun lay(next: List<Block>) {
        next.forEachIndexed { index, block ->
            val before = shown.getOrNull(index)
            val view = content.getChildAt(index)
            if (before != null && view != null && (before == block || takesOver(view, before, block))) return@forEachIndexed
            if (view != null) content.removeViewAt(index)
            content.addView(made(block), index, blocks.margins())
        }
        while (content.childCount > next.size) content.removeViewAt(next.size)
        shown = next
    }

    private fun takesOver(view: View, before: Block, block: Block): Boolean = when {
        block is Field && before is Field && before.label == block.label && before.kind == block.kind -> {
            (view as FieldView).show(block)
            true
        }
        block is Ink && before is Ink -> {
            (view as InkView).show(block)
            true
        }
        block is Viewfinder && before is Viewfinder -> true
        else -> false
    }

    private fun made(block: Block): View = when (block) {
        is Field -> FieldView(context, brush, tell).apply { show(block) }
        is Ink -> InkView(context, brush, tell).apply { show(block) }
        is Viewfinder -> camera.also { (it.parent as? android.view.ViewGroup)?.removeView(it) }
        else -> blocks.made(block)
    }

    private fun buttons(page: Page) {
        footer.removeAllViews()
        footer.visibility = if (page.bottom.isEmpty()) View.GONE else View.VISIBLE
        page.bottom.forEach { footer.addView(blocks.button(it), blocks.margins()) }
    }
}
