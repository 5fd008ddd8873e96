import LossbookKit
import SurveyModels
import SwiftUI

/// Damage and loss lines, with the payable amount as it changes.
struct LinesScreen: View {
    @Environment(Session.self) private var session
    @State private var lines: LossLines
    @State private var withdrawing: RowView?
    @State private var reason = ""

    init(file: CaseFile) {
        _lines = State(initialValue: LossLines(file))
    }

    var body: some View {
        List {
            Section {
                LabeledContent(Phrase.payable.text(in: session.language)) {
                    Text(verbatim: lines.file.payable(in: session.language)).monospacedDigit().bold()
                }
                WorkPart(work: lines.saving)
            }
            ForEach(["objects", "damage", "lines", "parties"], id: \.self) { section in
                Section(name(of: section)) {
                    ForEach(lines.rows(of: section), id: \.path) { row in part(section, row) }
                    Button(Phrase.add.text(in: session.language), systemImage: "plus") {
                        Task { await lines.begin(section: section) }
                    }
                }
            }
        }
        .navigationTitle(Phrase.lossLines.text(in: session.language))
        .sheet(item: $lines.draft) { _ in DraftScreen(lines: lines) }
        .alert(Phrase.withdraw.text(in: session.language), isPresented: isWithdrawing) {
            TextField(Phrase.reason.text(in: session.language), text: $reason)
            Button(Phrase.cancel.text(in: session.language), role: .cancel) {}
            Button(Phrase.withdraw.text(in: session.language), role: .destructive) {
                guard let row = withdrawing else { return }
                Task { await lines.withdraw(row, reason: reason) }
            }
        } message: {
            Text(Phrase.reasonHint.text(in: session.language))
        }
    }

    private func part(_ section: String, _ row: RowView) -> some View {
        RowPart(row: row)
            .swipeActions {
                if row.standing == .withdrawn {
                    Button(Phrase.restore.text(in: session.language)) {
                        Task { await lines.restore(row) }
                    }
                } else {
                    Button(Phrase.withdraw.text(in: session.language), role: .destructive) {
                        reason = ""
                        withdrawing = row
                    }
                    Button(Phrase.edit.text(in: session.language)) {
                        Task { await lines.begin(section: section, row: row) }
                    }
                }
            }
    }

    private func name(of section: String) -> String {
        let known = lines.file.screen.content.value?.sections.first { $0.key == section }
        return known?.name(in: session.language) ?? section
    }

    private var isWithdrawing: Binding<Bool> {
        Binding {
            withdrawing != nil
        } set: { isShown in
            if !isShown { withdrawing = nil }
        }
    }
}

/// A row that is being written.
private struct DraftScreen: View {
    @Environment(Session.self) private var session
    @Bindable var lines: LossLines

    var body: some View {
        NavigationStack {
            Form {
                if let entries = Binding($lines.draft)?.entries {
                    ForEach(entries) { $entry in EntryPart(entry: $entry) }
                }
                WorkPart(work: lines.saving)
            }
            .toolbar {
                ToolbarItem(placement: .cancellationAction) {
                    Button(Phrase.cancel.text(in: session.language)) { lines.draft = nil }
                }
                ToolbarItem(placement: .confirmationAction) {
                    Button(Phrase.save.text(in: session.language)) { Task { await lines.save() } }
                        .disabled(lines.saving.isGoing)
                }
            }
        }
    }
}
