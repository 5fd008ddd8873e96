import LossbookKit
import SurveyModels
import SwiftUI

/// Reporting a loss.
struct ReportScreen: View {
    @Environment(Session.self) private var session
    @Environment(\.dismiss) private var dismiss
    @State private var report: Report

    init(device: FieldDevice) {
        _report = State(initialValue: Report(device))
    }

    var body: some View {
        NavigationStack {
            Form {
                ContentPart(content: report.form.content, empty: .noContract) { _ in
                    Picker(Phrase.contract.text(in: session.language), selection: contract) {
                        ForEach(report.contracts, id: \.id) { one in
                            Text(one.name(in: session.language)).tag(one.id)
                        }
                    }
                }
                ForEach($report.entries) { $entry in
                    EntryPart(entry: $entry, choices: choices(of: entry))
                }
                WorkPart(work: report.saving)
            }
            .navigationTitle(Phrase.report.text(in: session.language))
            .toolbar {
                ToolbarItem(placement: .cancellationAction) {
                    Button(Phrase.cancel.text(in: session.language)) { dismiss() }
                }
                ToolbarItem(placement: .confirmationAction) {
                    Button(Phrase.save.text(in: session.language)) {
                        Task {
                            if await report.save() != nil { dismiss() }
                        }
                    }
                    .disabled(report.saving.isGoing)
                }
            }
            .task { await report.load() }
        }
    }

    private var contract: Binding<String> {
        Binding {
            report.contract ?? ""
        } set: { id in
            Task { await report.choose(id) }
        }
    }

    /// The causes are those of the chosen contract.
    private func choices(of entry: Entry) -> [Choice]? {
        entry.field.name == "cause" && !report.perils.isEmpty ? report.perils : nil
    }
}
