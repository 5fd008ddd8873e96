import LossbookKit
import SurveyModels
import SwiftUI

/// The task list, each case with its honest state.
struct TaskListScreen: View {
    @Environment(Session.self) private var session
    @State private var list: TaskList
    @State private var isReporting = false
    private let device: FieldDevice

    init(device: FieldDevice) {
        self.device = device
        _list = State(initialValue: TaskList(device))
    }

    var body: some View {
        NavigationStack {
            ContentPart(
                content: list.list.content, empty: list.emptyPhrase, retry: { await list.load() }
            ) { shown in
                List(shown.rows, id: \.id) { row in
                    NavigationLink(value: row.id) { CaseRowPart(row: row) }
                        .task {
                            if row.id == shown.rows.last?.id { await list.loadMore() }
                        }
                }
            }
            .navigationTitle(Phrase.tasks.text(in: session.language))
            .navigationDestination(for: String.self) { id in
                CaseScreenView(device: device, id: id)
            }
            .searchable(text: $list.search, prompt: Phrase.search.text(in: session.language))
            .task(id: list.search) { await list.load() }
            .task { await list.follow() }
            .toolbar {
                Button(Phrase.report.text(in: session.language), systemImage: "plus") {
                    isReporting = true
                }
            }
            .sheet(isPresented: $isReporting) { ReportScreen(device: device) }
        }
    }
}

private struct CaseRowPart: View {
    @Environment(Session.self) private var session
    let row: CaseRow

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            HStack {
                Text(verbatim: row.household).font(.headline)
                Spacer()
                Text(verbatim: "¥ \(row.total.text)").monospacedDigit()
            }
            Text(verbatim: "\(row.number)  \(row.place)").font(.subheadline).foregroundStyle(.secondary)
            HStack {
                Text(row.status.name(in: session.language))
                Text(row.signature.name(in: session.language))
                if row.contested > 0 {
                    Label("\(row.contested)", systemImage: "arrow.triangle.branch")
                        .foregroundStyle(.orange)
                        .accessibilityLabel(Phrase.disputes.text(in: session.language))
                }
                Spacer()
                StatePart(state: row.state)
            }
            .font(.caption)
        }
    }
}
