import LossbookKit
import SurveyModels
import SwiftUI

/// Shows content in each of its states; the content itself only when it is there.
struct ContentPart<Value: Sendable, Shown: View>: View {
    @Environment(Session.self) private var session
    let content: Content<Value>
    var empty = Phrase.nothingHere
    var retry: (@MainActor () async -> Void)?
    @ViewBuilder let shown: (Value) -> Shown

    var body: some View {
        switch content {
        case .waiting:
            ProgressView(Phrase.loading.text(in: session.language))
        case .slow:
            ProgressView(Phrase.slow.text(in: session.language))
        case .empty:
            ContentUnavailableView(empty.text(in: session.language), systemImage: "tray")
        case .ready(let value):
            shown(value)
        case .problem(let problem):
            ProblemPart(problem: problem, retry: retry)
        }
    }
}

/// A problem: what happened, what mends it, and its code for support.
struct ProblemPart: View {
    @Environment(Session.self) private var session
    let problem: Problem
    var retry: (@MainActor () async -> Void)?

    var body: some View {
        VStack(alignment: .leading, spacing: 8) {
            Label(problem.sentence(in: session.language), systemImage: "exclamationmark.triangle")
                .foregroundStyle(.red)
            Text(problem.help(in: session.language)).font(.callout)
            Text(verbatim: problem.code).font(.caption.monospaced()).foregroundStyle(.secondary)
            if let retry {
                Button(Phrase.retry.text(in: session.language)) {
                    Task { await retry() }
                }
                .buttonStyle(.bordered)
            }
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .padding()
        .accessibilityElement(children: .combine)
    }
}

/// How something that the person asked for goes.
struct WorkPart: View {
    @Environment(Session.self) private var session
    let work: Work

    var body: some View {
        switch work.state {
        case .idle:
            EmptyView()
        case .working:
            ProgressView(Phrase.saving.text(in: session.language))
        case .slow:
            ProgressView(Phrase.slow.text(in: session.language))
        case .done(let phrase):
            Label(phrase.text(in: session.language), systemImage: "checkmark.circle")
                .foregroundStyle(.green)
        case .problem(let problem):
            ProblemPart(problem: problem)
        }
    }
}

/// Saved, received or confirmed, with its symbol.
struct StatePart: View {
    @Environment(Session.self) private var session
    let state: SyncState

    var body: some View {
        Label(state.name(in: session.language), systemImage: state.symbol)
            .font(.caption)
            .foregroundStyle(state == .confirmed ? Color.green : Color.secondary)
    }
}

/// One field of a form: a choice where the contract gives choices, else text.
struct EntryPart: View {
    @Environment(Session.self) private var session
    @Binding var entry: Entry
    var choices: [Choice]?

    var body: some View {
        VStack(alignment: .leading) {
            if offered.isEmpty {
                TextField(entry.field.name(in: session.language), text: $entry.text, axis: axis)
                    .keyboardType(isNumber ? .decimalPad : .default)
            } else {
                Picker(entry.field.name(in: session.language), selection: $entry.text) {
                    Text(verbatim: "–").tag("")
                    ForEach(offered, id: \.id) { choice in
                        Text(choice.name(in: session.language)).tag(choice.id)
                    }
                }
            }
            if let problem = entry.problem {
                Text(problem.sentence(in: session.language)).font(.caption).foregroundStyle(.red)
            }
        }
    }

    private var offered: [Choice] { choices ?? entry.field.choices }

    private var axis: Axis { entry.field.kind == .prose ? .vertical : .horizontal }

    private var isNumber: Bool { entry.field.kind == .money || entry.field.kind == .number }
}
