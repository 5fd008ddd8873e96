import LossbookKit
import SurveyModels
import SwiftUI

/// One case: what is payable and how it was computed, what is disputed or missing, and the ways on.
struct CaseScreenView: View {
    @Environment(Session.self) private var session
    @State private var file: CaseFile

    init(device: FieldDevice, id: String) {
        _file = State(initialValue: CaseFile(device, id: id))
    }

    var body: some View {
        ContentPart(content: file.screen.content, retry: { await file.load() }) { screen in
            List {
                summary(screen)
                ways(screen)
                if let judgement = screen.judgement { JudgementPart(judgement: judgement) }
                missing(screen)
                duplicates(screen)
                decisions(screen)
                ForEach(screen.sections, id: \.key) { section in
                    Section(section.name(in: session.language)) {
                        ForEach(section.rows, id: \.path) { RowPart(row: $0) }
                    }
                }
            }
        }
        .navigationTitle(file.screen.content.value?.row.household ?? "")
        .task { await file.follow() }
    }

    private func summary(_ screen: CaseScreen) -> some View {
        Section {
            LabeledContent(screen.row.number) {
                Text(screen.statusWords.sentence(in: session.language))
            }
            LabeledContent(Phrase.total.text(in: session.language)) {
                Text(verbatim: "¥ \(screen.total.text)").monospacedDigit()
            }
            LabeledContent(Phrase.payable.text(in: session.language)) {
                Text(verbatim: file.payable(in: session.language)).monospacedDigit().bold()
            }
            if let capital = screen.judgement?.capital { Text(verbatim: capital).font(.caption) }
            StatePart(state: screen.row.state)
        }
    }

    private func ways(_ screen: CaseScreen) -> some View {
        Section {
            NavigationLink(Phrase.photos.text(in: session.language)) {
                PhotosScreen(file: file, surroundings: session.surroundings)
            }
            NavigationLink(Phrase.lossLines.text(in: session.language)) { LinesScreen(file: file) }
            NavigationLink {
                DisputesScreen(file: file)
            } label: {
                LabeledContent(Phrase.disputes.text(in: session.language)) {
                    Text("\(screen.disputes.count)")
                }
            }
            NavigationLink(Phrase.signing.text(in: session.language)) { SignScreen(file: file) }
        }
    }

    @ViewBuilder
    private func missing(_ screen: CaseScreen) -> some View {
        if !screen.shotsMissing.isEmpty {
            Section(Phrase.missing.text(in: session.language)) {
                ForEach(screen.shotsMissing, id: \.id) { one in
                    LabeledContent(one.name(in: session.language)) { Text("\(one.count)") }
                }
            }
        }
    }

    @ViewBuilder
    private func duplicates(_ screen: CaseScreen) -> some View {
        if !screen.duplicates.isEmpty {
            Section(Phrase.duplicates.text(in: session.language)) {
                ForEach(screen.duplicates, id: \.one) { pair in
                    ForEach(rows(pair.one, pair.other, of: screen), id: \.path) { RowPart(row: $0) }
                }
            }
        }
    }

    /// The rows that two paths of fields belong to.
    private func rows(_ one: String, _ other: String, of screen: CaseScreen) -> [RowView] {
        screen.sections.flatMap(\.rows).filter { row in
            one.hasPrefix("\(row.path).") || other.hasPrefix("\(row.path).")
        }
    }

    @ViewBuilder
    private func decisions(_ screen: CaseScreen) -> some View {
        if !screen.decisions.isEmpty {
            Section(Phrase.decisions.text(in: session.language)) {
                ForEach(Array(screen.decisions.enumerated()), id: \.offset) { _, one in
                    LabeledContent("\(one.action.name(in: session.language))  \(one.user)") {
                        Text(verbatim: one.reason)
                    }
                }
            }
        }
        if !screen.reopenedBy.isEmpty {
            Section(Phrase.reopened.text(in: session.language)) {
                ForEach(screen.reopenedBy, id: \.path) { DifferencePart(difference: $0) }
            }
        }
        if !screen.returned.isEmpty {
            Section(Phrase.returned.text(in: session.language)) {
                ForEach(screen.returned, id: \.path) { one in
                    Text(one.label.sentence(in: session.language))
                }
            }
        }
    }
}

/// What the contract says, step by step.
private struct JudgementPart: View {
    @Environment(Session.self) private var session
    let judgement: Judgement

    var body: some View {
        Section(Phrase.steps.text(in: session.language)) {
            Text(judgement.answer.name(in: session.language)).bold()
            reasons(judgement.reasons)
            if let assessed = judgement.assessed { amount(.assessed, assessed) }
            amount(.excluded, judgement.excluded)
            ForEach(judgement.covers, id: \.cover) { cover in
                DisclosureGroup(cover.name(in: session.language)) {
                    ForEach(Array(cover.steps.enumerated()), id: \.offset) { _, step in
                        LabeledContent(step.name(in: session.language)) {
                            Text(verbatim: step.after.text).monospacedDigit()
                        }
                    }
                }
            }
            reasons(judgement.findings)
        }
        if !judgement.clocks.isEmpty {
            Section(Phrase.deadlines.text(in: session.language)) {
                ForEach(judgement.clocks, id: \.id) { clock in
                    LabeledContent(clock.name(in: session.language)) {
                        Text(verbatim: clock.dueText ?? clock.state.sentence(in: session.language))
                    }
                }
            }
        }
    }

    private func amount(_ phrase: Phrase, _ amount: Amount) -> some View {
        LabeledContent(phrase.text(in: session.language)) {
            Text(verbatim: "¥ \(amount.text)").monospacedDigit()
        }
    }

    private func reasons(_ all: [ReasonView]) -> some View {
        ForEach(Array(all.enumerated()), id: \.offset) { _, reason in
            Text(reason.name(in: session.language)).font(.callout)
        }
    }
}

/// A row of the record with its fields.
struct RowPart: View {
    @Environment(Session.self) private var session
    let row: RowView

    var body: some View {
        VStack(alignment: .leading) {
            ForEach(row.fields, id: \.path) { field in
                LabeledContent(field.name(in: session.language)) {
                    if field.state == .contested {
                        Text(field.values.map(\.value).joined(separator: " | ")).foregroundStyle(.orange)
                    } else {
                        Text(verbatim: said(by: field))
                    }
                }
            }
        }
        .strikethrough(row.standing == .withdrawn)
    }

    /// In the contract's words where it has some, else as the core shows it.
    private func said(by field: FieldView) -> String {
        field.choice?.sentence(in: session.language) ?? field.shown ?? field.value ?? ""
    }
}

/// What a field was, and what it is now.
struct DifferencePart: View {
    @Environment(Session.self) private var session
    let difference: DifferenceView

    var body: some View {
        LabeledContent(difference.label.sentence(in: session.language)) {
            Text(verbatim: "\(difference.then ?? "–") → \(difference.now ?? "–")")
        }
    }
}
