package org.lossbook.demo.android

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Path
import android.view.MotionEvent
import android.view.View
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Ink
import org.lossbook.demo.page.Size

/** A canvas for a signature: every touch with its time and pressure, none smoothed away. */
@SuppressLint("ViewConstructor")
class InkView(context: Context, private val brush: Brush, private val tell: (Event) -> Unit) : View(context) {
    private val pen = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        style = Paint.Style.STROKE
        strokeWidth = brush.dp(PEN).toFloat()
        strokeCap = Paint.Cap.ROUND
        strokeJoin = Paint.Join.ROUND
        color = brush.text
    }
    private val hint = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        textSize = brush.dp(Size.TEXT).toFloat()
        textAlign = Paint.Align.CENTER
        color = brush.quiet
    }
    private var block: Ink? = null
    private var strokes: List<List<Ink.Dot>> = emptyList()
    private var began = 0L

    init {
        minimumHeight = brush.dp(HEIGHT)
        background = brush.rounded(brush.card, brush.quiet, width = 2)
    }

    /** Shows the ink; while a stroke is drawn, the hand leads. */
    fun show(ink: Ink) {
        block = ink
        contentDescription = ink.hint
        if (strokes.size != ink.strokes.size) strokes = ink.strokes
        invalidate()
    }

    override fun onMeasure(widthSpec: Int, heightSpec: Int) =
        setMeasuredDimension(MeasureSpec.getSize(widthSpec), brush.dp(HEIGHT))

    override fun onDraw(canvas: Canvas) {
        super.onDraw(canvas)
        if (strokes.isEmpty()) canvas.drawText(block?.hint.orEmpty(), width / 2f, height - hint.textSize, hint)
        strokes.forEach { stroke ->
            val path = Path()
            stroke.forEachIndexed { index, dot ->
                if (index == 0) path.moveTo(dot.x.toFloat(), dot.y.toFloat()) else path.lineTo(dot.x.toFloat(), dot.y.toFloat())
            }
            canvas.drawPath(path, pen)
        }
    }

    @SuppressLint("ClickableViewAccessibility")
    override fun onTouchEvent(event: MotionEvent): Boolean {
        when (event.actionMasked) {
            MotionEvent.ACTION_DOWN -> {
                parent.requestDisallowInterceptTouchEvent(true)
                if (strokes.isEmpty()) began = event.eventTime
                strokes = strokes + listOf(listOf(dot(event.x, event.y, event.eventTime, event.pressure)))
            }
            MotionEvent.ACTION_MOVE -> {
                val between = (0 until event.historySize).map {
                    dot(event.getHistoricalX(it), event.getHistoricalY(it), event.getHistoricalEventTime(it), event.getHistoricalPressure(it))
                }
                val last = strokes.lastOrNull().orEmpty() + between + dot(event.x, event.y, event.eventTime, event.pressure)
                strokes = strokes.dropLast(1) + listOf(last)
            }
            MotionEvent.ACTION_UP -> block?.let { tell(it.drawn(strokes, width, height)) }
            else -> return false
        }
        invalidate()
        return true
    }

    private fun dot(x: Float, y: Float, ms: Long, pressure: Float) =
        Ink.Dot(x.toInt(), y.toInt(), (ms - began).toInt(), (pressure.coerceIn(0f, 1f) * THOUSAND).toInt())

    private companion object {
        const val HEIGHT = 200
        const val PEN = 3
        const val THOUSAND = 1_000
    }
}
