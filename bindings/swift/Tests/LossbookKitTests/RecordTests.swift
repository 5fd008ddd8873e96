import Foundation
import LossbookKit
import LossbookStage
import Testing

@Suite("The record, without a network")
struct RecordTests {
    let place: Stage

    init() throws {
        place = try Stage()
    }

    @Test("a loss line appears in the total that the core computed")
    func totalOfLines() async throws {
        let device = try await place.enrolledDevice()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户李四")])
        try await device.addRow(
            to: "lines", of: saved.id,
            fields: [
                FieldEdit(name: "item", value: "瓦片"), FieldEdit(name: "amount", value: "1250.50"),
            ])
        let screen = try await device.screen(of: saved.number)
        #expect(screen.total.lowFen == 125_050)
        #expect(screen.total.highFen == 125_050)
        await device.close()
    }

    @Test("fields of one call are written together or not at all")
    func allOrNothing() async throws {
        let device = try await place.enrolledDevice()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户王五")])
        await #expect(throws: LossbookError.self) {
            try await device.set(
                [
                    FieldEdit(name: "report.cause", value: "冰雹"),
                    FieldEdit(name: "report.nothing", value: "x"),
                ], in: saved.id)
        }
        #expect(try await device.screen(of: saved.id).row.cause.isEmpty)
        await device.close()
    }

    @Test("a list longer than a page comes page by page, every case once")
    func pages() async throws {
        let device = try await place.enrolledDevice()
        for number in 1...60 {
            try await device.report([FieldEdit(name: "household", value: "农户\(number)")])
        }
        var numbers: [String] = []
        var pages = 0
        for try await page in device.pages() {
            numbers += page.rows.map(\.number)
            pages += 1
        }
        // And the one that the phone held before.
        #expect(pages == 2)
        #expect(Set(numbers).count == 61 && numbers.count == 61)
        await device.close()
    }

    @Test("whoever listens hears of a case that was written, by its id")
    func changes() async throws {
        let device = try await place.enrolledDevice()
        let changes = device.changes()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户赵六")])
        var heard: String?
        for await change in changes {
            if case .caseChanged(let id) = change {
                heard = id
                break
            }
        }
        #expect(heard == saved.id)
        await device.close()
    }

    @Test("a loop over changes ends when the device is closed")
    func changesEnd() async throws {
        let device = try await place.enrolledDevice()
        let changes = device.changes()
        await device.close()
        for await _ in changes {}
        for await _ in device.changes() {}
    }

    @Test("calls from many tasks at once are all kept")
    func manyTasks() async throws {
        let device = try await place.enrolledDevice()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    _ = try await device.report([
                        FieldEdit(name: "household", value: "农户\(number)")
                    ])
                }
            }
            try await group.waitForAll()
        }
        #expect(try await device.cases().rows.count == 17)
        await device.close()
    }
}
