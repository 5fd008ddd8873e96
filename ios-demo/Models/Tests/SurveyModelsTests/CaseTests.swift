import Foundation
import LossbookKit
import LossbookStage
import SurveyModels
import Testing

@MainActor
@Suite("List, report, case, lines, disputes")
struct CaseTests {
    let stage: Stage

    init() throws {
        stage = try Stage()
    }

    @Test("on a new phone the list is empty and says so")
    func emptyList() async throws {
        let device = try await stage.newDevice()
        let list = TaskList(device)
        await list.load()
        guard case .empty = list.list.content else {
            Issue.record("\(list.list.content)")
            return
        }
        #expect(list.emptyPhrase == .nothingHere)
        await device.close()
    }

    @Test("the list holds what was reported, saved here; a search finds it")
    func list() async throws {
        let device = try await stage.enrolledDevice()
        let list = TaskList(device)
        _ = try await stage.priced(device)
        list.search = "李四"
        await list.load()
        let rows = list.list.content.value?.rows ?? []
        #expect(rows.map(\.household) == ["农户李四"])
        #expect(rows.first?.state == .saved)
        #expect(rows.first?.total.text == "950.00")
        list.search = "无此人"
        await list.load()
        #expect(list.emptyPhrase == .noMatch)
        await device.close()
    }

    @Test("a long list is read page by page")
    func pages() async throws {
        let device = try await stage.enrolledDevice()
        // One stands there already.
        for number in 1...54 {
            try await device.report([FieldEdit(name: "household", value: "农户\(number)")])
        }
        let list = TaskList(device)
        await list.load()
        #expect(list.list.content.value?.rows.count == 50)
        #expect(list.hasMore)
        await list.loadMore()
        #expect(list.list.content.value?.rows.count == 55)
        #expect(!list.hasMore)
        await device.close()
    }

    @Test("a slow answer is said to be slow, and a late one does not replace a newer one")
    func slow() async throws {
        let loading = Loading<Int>(slowAfter: .milliseconds(10))
        let gate = Gate()
        let first = Task { await loading.load { await gate.wait(); return 1 } }
        while true {
            if case .slow = loading.content { break }
            await Task.yield()
        }
        await loading.load { 2 }
        await gate.open()
        await first.value
        #expect(loading.content.value == 2)
    }

    @Test("an unknown case is a problem that refreshing mends")
    func unknownCase() async throws {
        let device = try await stage.enrolledDevice()
        let file = CaseFile(device, id: "nothing")
        await file.load()
        guard case .problem(let problem) = file.screen.content else {
            Issue.record("\(file.screen.content)")
            return
        }
        #expect(problem.remedy == .refresh)
        await device.close()
    }

    @Test("a report is saved with its contract, and the causes are those of the contract")
    func report() async throws {
        let device = try await stage.enrolledDevice()
        let report = Report(device)
        await report.load()
        let contracts = report.contracts.map(\.id)
        #expect(contracts.contains("huzhu-rural-housing") && !contracts.contains("cn-law"))
        await report.choose("huzhu-rural-housing")
        #expect(!report.perils.isEmpty)
        guard let at = report.entries.firstIndex(where: { $0.field.name == "household" }) else {
            Issue.record("no field for the household")
            return
        }
        report.entries[at].text = "农户王五"
        let saved = await report.save()
        let screen = try await device.screen(of: try #require(saved).id)
        #expect(screen.row.household == "农户王五")
        #expect(screen.judgement?.pack == "huzhu-rural-housing")
        #expect(!screen.shotsMissing.isEmpty)
        await device.close()
    }

    @Test("a new line changes the total that is shown; withdrawing asks why")
    func lines() async throws {
        let device = try await stage.enrolledDevice()
        let lines = LossLines(try await stage.priced(device))
        await lines.begin(section: "lines")
        let names = lines.draft?.entries.map(\.field.name) ?? []
        #expect(names.contains("item") && names.contains("amount"))
        for at in names.indices {
            if names[at] == "item" { lines.draft?.entries[at].text = "檩条" }
            if names[at] == "amount" { lines.draft?.entries[at].text = "50.5" }
        }
        #expect(await lines.save())
        #expect(lines.draft == nil)
        #expect(lines.file.screen.content.value?.total.text == "1000.50")
        let row = try #require(lines.rows(of: "lines").first { $0.amount?.text == "50.50" })
        #expect(await lines.withdraw(row, reason: "") == false)
        #expect(await lines.withdraw(row, reason: "重复录入"))
        #expect(lines.file.screen.content.value?.total.text == "950.00")
        await device.close()
    }

    @Test("an amount that is none is marked at its field, and nothing is saved")
    func badAmount() async throws {
        let device = try await stage.enrolledDevice()
        let lines = LossLines(try await stage.priced(device))
        let row = try #require(lines.rows(of: "lines").first)
        await lines.begin(section: "lines", row: row)
        let names = lines.draft?.entries.map(\.field.name) ?? []
        let at = try #require(names.firstIndex(of: "amount"))
        lines.draft?.entries[at].text = "many"
        #expect(await lines.save() == false)
        #expect(lines.draft?.entries[at].problem != nil)
        #expect(try await device.screen(of: lines.file.id).total.text == "950.00")
        await device.close()
    }

    @Test("where nobody disagrees, nothing is disputed")
    func noDisputes() async throws {
        let device = try await stage.enrolledDevice()
        let disputes = Disputes(try await stage.priced(device))
        #expect(disputes.all.isEmpty)
        await device.close()
    }
}

/// Holds a task up until it is opened.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func wait() async {
        if isOpen { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for one in waiting { one.resume() }
        waiting = []
    }
}
