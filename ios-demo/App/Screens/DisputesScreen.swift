import LossbookKit
import SurveyModels
import SwiftUI

/// What people wrote differently: every value with its author and time; one is chosen, with a reason.
struct DisputesScreen: View {
    @Environment(Session.self) private var session
    @State private var disputes: Disputes

    init(file: CaseFile) {
        _disputes = State(initialValue: Disputes(file))
    }

    var body: some View {
        List {
            WorkPart(work: disputes.settling)
            if disputes.all.isEmpty {
                ContentUnavailableView(
                    Phrase.nobodyDisputes.text(in: session.language), systemImage: "checkmark.circle")
            }
            ForEach(disputes.all, id: \.path) { dispute in
                Section(disputes.title(of: dispute, in: session.language)) {
                    ForEach(Array(dispute.values.enumerated()), id: \.offset) { _, said in
                        SaidPart(said: said)
                    }
                    Picker(Phrase.chooseValue.text(in: session.language), selection: choice(dispute)) {
                        Text(verbatim: "–").tag(String?.none)
                        ForEach(dispute.choices, id: \.self) { value in
                            Text(verbatim: value).tag(String?.some(value))
                        }
                    }
                    TextField(Phrase.reason.text(in: session.language), text: reason(dispute))
                    Button(Phrase.settle.text(in: session.language)) {
                        Task { await disputes.settle(dispute) }
                    }
                    .disabled(disputes.settling.isGoing)
                }
            }
        }
        .navigationTitle(Phrase.disputes.text(in: session.language))
    }

    private func choice(_ dispute: DisputeView) -> Binding<String?> {
        Binding {
            disputes.chosen[dispute.path]
        } set: { value in
            disputes.chosen[dispute.path] = value
        }
    }

    private func reason(_ dispute: DisputeView) -> Binding<String> {
        Binding {
            disputes.reasons[dispute.path] ?? ""
        } set: { text in
            disputes.reasons[dispute.path] = text
        }
    }
}

/// A value and who wrote it when.
private struct SaidPart: View {
    let said: WrittenValue

    var body: some View {
        VStack(alignment: .leading) {
            Text(verbatim: said.value).bold()
            if !said.reason.isEmpty { Text(verbatim: said.reason).font(.callout) }
            HStack {
                Text(verbatim: said.user)
                Text(Date(timeIntervalSince1970: Double(said.wallMs) / 1000), format: .dateTime)
            }
            .font(.caption)
            .foregroundStyle(.secondary)
        }
    }
}
