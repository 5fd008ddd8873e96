package org.lossbook.demo.android

import android.annotation.SuppressLint
import android.content.Context
import android.text.Editable
import android.text.InputType
import android.text.TextWatcher
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import org.lossbook.demo.page.Event
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Size

/** A labelled field that tells what is typed, and says below what is wrong with it. */
@SuppressLint("ViewConstructor")
class FieldView(context: Context, private val brush: Brush, private val tell: (Event) -> Unit) : LinearLayout(context) {
    private val label = words(Size.SMALL, brush.quiet)
    private val edit = EditText(context)
    private val problem = words(Size.SMALL, brush.bad)
    private var typed: ((String) -> Event)? = null

    init {
        orientation = VERTICAL
        edit.minHeight = brush.dp(Size.TOUCH)
        edit.setTextColor(brush.text)
        edit.setHintTextColor(brush.quiet)
        edit.id = View.generateViewId()
        label.labelFor = edit.id
        listOf(label, edit, problem).forEach { addView(it, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT)) }
        edit.addTextChangedListener(object : TextWatcher {
            override fun beforeTextChanged(text: CharSequence, start: Int, count: Int, after: Int) = Unit

            override fun onTextChanged(text: CharSequence, start: Int, before: Int, count: Int) = Unit

            override fun afterTextChanged(text: Editable) {
                typed?.let { tell(it(text.toString())) }
            }
        })
    }

    /** Shows the field; what the user is typing now is left alone. */
    fun show(field: Field) {
        typed = null
        label.text = field.label
        edit.hint = field.hint
        edit.inputType = keyboard(field.kind)
        edit.gravity = if (field.kind == Field.Kind.MONEY || field.kind == Field.Kind.NUMBER) Gravity.END else Gravity.START
        if (edit.text.toString() != field.value && !(edit.hasFocus() && edit.text.toString().trim() == field.value)) edit.setText(field.value)
        problem.text = field.problem
        problem.visibility = if (field.problem.isEmpty()) View.GONE else View.VISIBLE
        edit.background = brush.rounded(brush.card, if (field.problem.isEmpty()) brush.line else brush.bad)
        val pad = brush.dp(Size.GAP)
        edit.setPadding(pad, pad, pad, pad)
        typed = field.typed
    }

    private fun keyboard(kind: Field.Kind): Int = when (kind) {
        Field.Kind.WORDS -> InputType.TYPE_CLASS_TEXT
        Field.Kind.LONG -> InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_MULTI_LINE
        Field.Kind.MONEY, Field.Kind.NUMBER -> InputType.TYPE_CLASS_NUMBER or InputType.TYPE_NUMBER_FLAG_DECIMAL
        Field.Kind.CODE -> InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_NO_SUGGESTIONS or InputType.TYPE_TEXT_FLAG_MULTI_LINE
    }

    private fun words(size: Int, colour: Int) = TextView(context).apply {
        setTextSize(TypedValue.COMPLEX_UNIT_SP, size.toFloat())
        setTextColor(colour)
    }
}
