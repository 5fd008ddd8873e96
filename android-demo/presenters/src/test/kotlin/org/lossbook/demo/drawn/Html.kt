package org.lossbook.demo.drawn

import java.io.File
import java.util.Base64
import org.lossbook.demo.page.Block
import org.lossbook.demo.page.Button
import org.lossbook.demo.page.Choice
import org.lossbook.demo.page.Empty
import org.lossbook.demo.page.Field
import org.lossbook.demo.page.Heading
import org.lossbook.demo.page.Ink
import org.lossbook.demo.page.Mark
import org.lossbook.demo.page.Page
import org.lossbook.demo.page.Palette
import org.lossbook.demo.page.Paper
import org.lossbook.demo.page.Progress
import org.lossbook.demo.page.Row
import org.lossbook.demo.page.Shots
import org.lossbook.demo.page.Size
import org.lossbook.demo.page.Sums
import org.lossbook.demo.page.Text
import org.lossbook.demo.page.Tone
import org.lossbook.demo.page.Viewfinder

/** Draws a page as a phone-sized HTML document: the same texts, states, colours and sizes as the app's views. */
class Html(private val palette: Palette, private val language: String, private val scale: Double = 1.0) {
    fun document(page: Page): String = """
        <!doctype html><html lang="$language"><meta charset="utf-8"><title>${esc(page.title)}</title><style>${css()}</style>
        <body><header>${back(page)}<div class="titles"><h1>${esc(page.title)}</h1>${sub(page.subtitle)}</div>
        ${page.tools.joinToString("") { "<span class=tool>${esc(it.text)}</span>" }}</header>
        ${page.notice?.let { notice(it.text, it.tone, it.action) } ?: ""}
        <main>${page.blocks.joinToString("\n") { block(it) }}</main>
        ${bottom(page.bottom)}<script>document.documentElement.dataset.height=Math.ceil(document.body.getBoundingClientRect().height)</script></body></html>
    """.trimIndent()

    private fun back(page: Page) = if (page.back == null) "" else "<span class=back>‹</span>"

    private fun sub(text: String) = if (text.isEmpty()) "" else "<p>${esc(text)}</p>"

    private fun bottom(buttons: List<Button>) =
        if (buttons.isEmpty()) "" else "<footer>${buttons.joinToString("") { button(it) }}</footer>"

    private fun notice(text: String, tone: Tone, action: Button?): String =
        "<div class='notice ${tone.css}'><b>${tone.symbol}</b><span>${esc(text)}</span>" +
            (action?.let { "<i>${esc(it.text)}</i>" } ?: "") + "</div>"

    private fun button(it: Button): String {
        val off = if (it.enabled) "" else " off"
        return "<span class='button ${it.style.name.lowercase()}$off'>${esc(it.text)}</span>"
    }

    private fun mark(it: Mark) = "<span class='mark ${it.tone.css}'>${it.tone.symbol} ${esc(it.text)}</span>"

    private fun block(it: Block): String = when (it) {
        is Heading -> "<h2>${esc(it.text)}${it.mark?.let(::mark) ?: ""}</h2>"
        is Text -> "<p class='text ${it.tone.css}${if (it.small) " small" else ""}'>${sign(it.tone)}${esc(it.text)}</p>"
        is Row -> row(it)
        is Field -> field(it)
        is Choice -> "<div class=choice><label>${esc(it.label)}</label>" + it.answers.joinToString("") { answer ->
            "<div class='answer${if (answer.picked) " picked" else ""}'><b>${if (answer.picked) "◉" else "○"}</b>" +
                "<span>${esc(answer.text)}${sub(answer.detail)}</span></div>"
        } + "</div>"
        is Sums -> "<table${if (scale > Size.LARGE_SCALE) " class=large" else ""}>" + it.rows.joinToString("") { sum ->
            "<tr class='${if (sum.strong) "strong" else ""}'><td>${esc(sum.label)}${sub(sum.note)}</td>" +
                "<td>${esc(sum.money)}</td></tr>"
        } + "</table>"
        is Shots -> "<div class=shots>" + it.slots.joinToString("") { slot -> slot(slot) } + "</div>"
        is Viewfinder -> "<div class=finder><i></i><span>${esc(it.hint)}</span></div>"
        is Paper -> "<pre>${esc(it.text)}</pre>"
        is Ink -> ink(it)
        is Progress -> progress(it)
        is Empty -> "<div class=empty><b>${esc(it.text)}</b>${sub(it.detail)}${it.tap?.let(::button) ?: ""}</div>"
    }

    private fun row(it: Row): String {
        val money = if (it.money.isEmpty()) "" else "<span class=money>${esc(it.money)}</span>"
        val marks = if (it.marks.isEmpty()) "" else "<div class=marks>${it.marks.joinToString("", transform = ::mark)}</div>"
        val open = if (it.tap == null) "" else "<span class=open>›</span>"
        val foot = when {
            money.isEmpty() -> sub(it.detail) + marks
            marks.isEmpty() -> "<div class=foot>${sub(it.detail)}$money</div>"
            else -> sub(it.detail) + "<div class=foot>$marks$money</div>"
        }
        return "<div class=row><div><b>${esc(it.title)}</b>$foot</div>$open</div>"
    }

    private fun field(it: Field): String {
        val wrong = if (it.problem.isEmpty()) "" else "<p class=problem>✕ ${esc(it.problem)}</p>"
        val value = if (it.value.isEmpty()) "<i>${esc(it.hint)}</i>" else esc(it.value)
        return "<div class='field ${it.kind.name.lowercase()}${if (it.problem.isEmpty()) "" else " wrong"}'>" +
            "<label>${esc(it.label)}</label><div>$value</div>$wrong</div>"
    }

    private fun slot(it: Shots.Slot): String {
        val picture = it.picture?.let { path ->
            val bytes = Base64.getEncoder().encodeToString(File(path).readBytes())
            "<img src='data:image/jpeg;base64,$bytes'>"
        } ?: "<em>＋</em>"
        return "<div class='slot ${it.tone.css}${if (it.picked) " picked" else ""}'><div>$picture</div><b>${esc(it.label)}</b>" +
            "<span>${it.tone.symbol} ${esc(it.state)}</span></div>"
    }

    private fun ink(it: Ink): String {
        val lines = it.strokes.joinToString("") { stroke ->
            "<polyline points='${stroke.joinToString(" ") { dot -> "${dot.x},${dot.y}" }}'/>"
        }
        val hint = if (it.strokes.isEmpty()) "<span>${esc(it.hint)}</span>" else ""
        return "<div class=ink><svg viewBox='0 0 1080 640' preserveAspectRatio='none'>$lines</svg>$hint</div>"
    }

    private fun progress(it: Progress): String {
        val part = it.of?.let { of -> if (of == 0L) 100 else (100 * it.done / of) }
        val bar = if (part == null) "<i class=moving></i>" else "<i style='width:$part%'></i>"
        return "<div class=progress><p>${esc(it.text)}${part?.let { now -> "<b>$now %</b>" } ?: ""}</p><div>$bar</div></div>"
    }

    private fun sign(tone: Tone) = if (tone == Tone.PLAIN) "" else "<b>${tone.symbol}</b> "

    private val Tone.css get() = name.lowercase()

    private fun px(dp: Int) = "${dp}px"

    private fun sp(size: Int) = "${size * scale}px"

    private fun css(): String {
        val p = palette
        val tones = Tone.entries.joinToString("") { tone ->
            val (text, ground) = p.of(tone)
            ".${tone.name.lowercase()}{--t:${hex(text)};--g:${hex(ground)}}"
        }
        return tones + """
        *{box-sizing:border-box;margin:0}
        body{font:${sp(Size.TEXT)}/1.4 'WenQuanYi Micro Hei','Noto Sans CJK SC',sans-serif;background:${hex(p.ground)};
          color:${hex(p.text)};width:360px;min-height:760px;display:flex;flex-direction:column}
        header{display:flex;align-items:center;gap:${px(Size.GAP)};min-height:56px;padding:8px ${px(Size.EDGE)};background:${hex(p.card)};
          border-bottom:1px solid ${hex(p.line)}}
        header .titles{flex:1;min-width:0} h1{font-size:${sp(Size.TITLE)};font-weight:700;line-height:1.25}
        header p{font-size:${sp(Size.SMALL)};color:${hex(p.quiet)}}
        .back{font-size:32px;line-height:${px(Size.TOUCH)};width:32px;color:${hex(p.main)}}
        .tool{min-width:${px(Size.TOUCH)};line-height:${px(Size.TOUCH)};text-align:center;color:${hex(p.main)};font-weight:700}
        .notice{display:flex;align-items:center;gap:10px;padding:10px ${px(Size.EDGE)};min-height:${px(Size.TOUCH)};background:var(--g);color:var(--t)}
        .notice span{flex:1} .notice i{font-style:normal;font-weight:700;text-decoration:underline}
        main{flex:1;padding:${px(Size.GAP)} ${px(Size.EDGE)} ${px(Size.EDGE)}}
        h2{font-size:${sp(Size.TEXT)};margin:16px 0 8px;display:flex;align-items:center;gap:8px;color:${hex(p.quiet)};font-weight:700}
        .text{margin:8px 0} .text.small{font-size:${sp(Size.SMALL)};color:${hex(p.quiet)}}
        .text:not(.plain){background:var(--g);color:var(--t);border-radius:8px;padding:8px 12px}
        .row{display:flex;align-items:center;gap:8px;background:${hex(p.card)};border:1px solid ${hex(p.line)};border-radius:${px(Size.ROUND)};
          padding:10px 14px;min-height:${px(Size.MAIN_BUTTON)};margin-bottom:${px(Size.GAP)}}
        .row>div{flex:1;min-width:0} .row p{font-size:${sp(Size.SMALL)};color:${hex(p.quiet)}}
        .money,td:last-child{font-variant-numeric:tabular-nums;text-align:right;white-space:nowrap;font-weight:700}
        .foot{display:flex;flex-wrap:wrap;align-items:end;gap:6px} .foot .money{margin-left:auto}
        .open{color:${hex(p.quiet)};font-size:24px}
        .marks{display:flex;flex-wrap:wrap;gap:6px;margin-top:6px}
        .mark{font-size:${sp(Size.SMALL)};padding:1px 8px;border-radius:10px;background:var(--g);color:var(--t);font-weight:700;white-space:nowrap}
        .mark.plain{border:1px solid ${hex(p.line)}}
        .field{margin:10px 0} .field label,.choice label{font-size:${sp(Size.SMALL)};color:${hex(p.quiet)}}
        .field>div{background:${hex(p.card)};border:1px solid ${hex(p.line)};border-radius:8px;min-height:${px(Size.TOUCH)};padding:11px 12px}
        .field>div i{color:${hex(p.quiet)};font-style:normal} .field.long>div{min-height:96px}
        .field.money>div,.field.number>div{text-align:right;font-variant-numeric:tabular-nums}
        .field.code>div{font-family:monospace;word-break:break-all;font-size:${sp(Size.SMALL)}}
        .field.wrong>div{border:2px solid ${hex(p.bad.first)}} .problem{color:${hex(p.bad.first)};font-size:${sp(Size.SMALL)};margin-top:4px}
        .choice{margin:10px 0} .answer{display:flex;gap:12px;align-items:center;min-height:${px(Size.TOUCH)};padding:8px 14px;background:${hex(p.card)};
          border:1px solid ${hex(p.line)};border-radius:${px(Size.ROUND)};margin-top:6px}
        .answer>b{width:20px;text-align:center} .answer.picked{border:2px solid ${hex(p.main)}} .answer b{color:${hex(p.main)}} .answer p{font-size:${sp(Size.SMALL)};color:${hex(p.quiet)}}
        table{width:100%;border-collapse:collapse;background:${hex(p.card)};border:1px solid ${hex(p.line)};border-radius:${px(Size.ROUND)};
          border-spacing:0;border-collapse:separate;margin-bottom:${px(Size.GAP)}}
        td{padding:8px 14px;vertical-align:top;border-top:1px solid ${hex(p.line)}} tr:first-child td{border-top:0}
        td p{font-size:${sp(Size.SMALL)};color:${hex(p.quiet)}} td:last-child{padding-left:0}
        .large td{display:block} .large td:last-child{padding-left:14px;padding-top:0;border-top:0}
        .strong td{font-weight:700} .strong td:last-child{font-size:${sp(Size.SUM)};color:${hex(p.main)}}
        .shots{display:grid;grid-template-columns:${if (scale > 1.2) "1fr" else "1fr 1fr"};gap:${px(Size.GAP)};margin-bottom:${px(Size.GAP)}}
        .slot{background:${hex(p.card)};border:1px solid ${hex(p.line)};border-radius:${px(Size.ROUND)};overflow:hidden;padding-bottom:8px;display:flex;flex-direction:column}
        .slot.picked{border:2px solid ${hex(p.main)}}
        .slot>div{height:92px;background:var(--g);display:flex;align-items:center;justify-content:center;overflow:hidden}
        .slot img{width:100%;height:100%;object-fit:cover} .slot em{font-style:normal;font-size:32px;color:var(--t)}
        .slot b,.slot span{padding:0 10px} .slot b{margin-top:6px;line-height:1.3} .slot span{font-size:${sp(Size.SMALL)};color:var(--t)}
        .finder{height:300px;background:#0b0f0d;border-radius:${px(Size.ROUND)};display:flex;flex-direction:column;align-items:center;justify-content:flex-end;
          padding:12px;color:#fff;position:relative;margin-bottom:8px;text-align:center}
        .finder i{position:absolute;inset:24px;border:2px dashed rgba(255,255,255,.55);border-radius:8px}
        .finder span{z-index:1;background:rgba(0,0,0,.6);border-radius:8px;padding:4px 10px;margin-bottom:16px}
        pre{background:${hex(p.paper)};border:1px solid ${hex(p.line)};border-radius:8px;padding:12px;white-space:pre-wrap;word-break:break-word;
          font:${sp(15)}/1.5 'WenQuanYi Micro Hei',sans-serif;margin-bottom:8px}
        .ink{position:relative;height:200px;background:${hex(p.card)};border:2px solid ${hex(p.quiet)};border-radius:${px(Size.ROUND)};margin-bottom:8px}
        .ink svg{position:absolute;inset:0;width:100%;height:100%;fill:none;stroke:${hex(p.text)};stroke-width:9;stroke-linecap:round;stroke-linejoin:round}
        .ink span{position:absolute;left:0;right:0;bottom:12px;text-align:center;color:${hex(p.quiet)}}
        .progress{background:${hex(p.card)};border:1px solid ${hex(p.line)};border-radius:${px(Size.ROUND)};padding:12px 14px;margin-bottom:8px}
        .progress p{display:flex;justify-content:space-between;gap:8px} .progress>div{height:8px;border-radius:4px;background:${hex(p.line)};margin-top:8px;overflow:hidden}
        .progress b{white-space:nowrap;font-variant-numeric:tabular-nums}
        .progress i{display:block;height:8px;background:${hex(p.main)}} .progress .moving{width:40%;margin-left:24%;border-radius:4px}
        .empty{text-align:center;padding:72px 16px;display:flex;flex-direction:column;gap:12px;align-items:center}
        .empty b{font-size:${sp(Size.TITLE)}} .empty p{color:${hex(p.quiet)}}
        footer{padding:10px ${px(Size.EDGE)};background:${hex(p.card)};border-top:1px solid ${hex(p.line)};display:flex;flex-wrap:wrap;gap:8px}
        .button{flex:1;min-height:${px(Size.TOUCH)};padding:11px 12px;border-radius:${px(Size.ROUND)};text-align:center;font-weight:700;border:1px solid ${hex(p.line)};color:${hex(p.main)};background:${hex(p.card)};min-width:96px}
        .button.main{background:${hex(p.main)};color:${hex(p.onMain)};border-color:${hex(p.main)};min-height:${px(Size.MAIN_BUTTON)};padding:15px 12px}
        .button.danger{color:${hex(p.bad.first)};border-color:${hex(p.bad.first)}} .button.off{opacity:.45}
        footer .main{flex:1 0 100%}
        """.trimIndent()
    }

    private fun hex(colour: Int) = "#%06x".format(colour)

    private fun esc(text: String) = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
}
