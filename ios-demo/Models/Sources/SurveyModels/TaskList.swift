import LossbookKit
import Observation

/// As much of the task list as was read.
public struct TaskRows: Sendable {
    public let rows: [CaseRow]
    /// Where the rest begins, if there is more.
    let next: String?
}

/// The task list: cases newest first, each with its honest state, page by page.
@MainActor
@Observable
public final class TaskList {
    public let list = Loading<TaskRows>(isEmpty: { $0.rows.isEmpty })
    public var search = ""
    /// Whether there are more cases than are shown.
    public var hasMore: Bool { list.content.value?.next != nil }

    private let device: FieldDevice

    public init(_ device: FieldDevice) {
        self.device = device
    }

    /// What to say when the list is empty.
    public var emptyPhrase: Phrase {
        search.isEmpty ? .nothingHere : .noMatch
    }

    /// Reads the first page.
    public func load() async {
        let (device, text) = (self.device, wanted)
        await list.load {
            let page = try await device.cases(matching: text)
            return TaskRows(rows: page.rows, next: page.next)
        }
    }

    /// Reads the next page, when the end of the list comes into sight.
    public func loadMore() async {
        guard let shown = list.content.value, let next = shown.next else { return }
        guard let page = try? await device.cases(matching: wanted, after: next) else { return }
        // Somebody else read the list meanwhile: the page no longer fits.
        guard list.content.value?.next == next else { return }
        list.replace(TaskRows(rows: shown.rows + page.rows, next: page.next))
    }

    /// Keeps the list as the store is, until the task that runs this ends.
    public func follow() async {
        await load()
        for await change in device.changes() {
            if case .caseChanged = change { await load() }
        }
    }

    private var wanted: String? {
        let text = search.filter { !$0.isNewline }
        return text.isEmpty ? nil : text
    }
}
