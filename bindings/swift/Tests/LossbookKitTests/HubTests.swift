import Foundation
import LossbookKit
import LossbookStage
import Testing

@Suite("With a real hub", .enabled(if: HubProcess.program != nil, "needs the lossbook program"))
struct HubTests {
    let place: Stage
    let hub: HubProcess
    let transport = URLSessionTransport()

    init() throws {
        place = try Stage()
        hub = try HubProcess(in: place.folder)
        try hub.hub("scope", "village")
    }

    private func enrolled() async throws -> FieldDevice {
        let device = try await place.newDevice()
        try await device.enrol(code: try hub.invite("查勘员乙"), over: transport)
        return device
    }

    @Test("the sample of the guide saves a case with its photo")
    func guideSample() async throws {
        let number = try await FirstCase.report(
            home: place.home, keys: place.keys, code: try hub.invite("查勘员乙"),
            photo: try place.photo())
        let device = try await place.newDevice()
        let rows = try await device.cases().rows
        #expect(rows.map(\.number) == [number])
        #expect(rows.first?.photos == 1)
        #expect(rows.first?.state == .saved)
        await device.close()
    }

    @Test("report, photo, line, signature, approval: the whole way and back")
    func wholeWay() async throws {
        let device = try await enrolled()
        let saved = try await device.report([
            FieldEdit(name: "household", value: "农户张三"), FieldEdit(name: "cause", value: "冰雹"),
        ])
        try await device.addPhoto(at: try place.photo(), to: saved.id, origin: .camera)
        try await device.addRow(
            to: "lines", of: saved.id,
            fields: [
                FieldEdit(name: "item", value: "瓦片"), FieldEdit(name: "amount", value: "950"),
            ])
        let statement = try await device.statement(of: saved.id)
        let strokes = [InkStroke(points: (0..<20).map { step in
            InkPoint(x: Int32(100 + 8 * step), y: 300, tMs: UInt32(16 * step), pressure: 500)
        })]
        let signed = try await device.sign(
            NewSignature(
                signer: "农户张三", act: .signed,
                wanted: StatementWish(kind: .estimate, language: .zh),
                shownSha256: statement.textSha256, strokes: strokes, width: 1080, height: 640),
            of: saved.id)
        #expect(signed.total.lowFen == 95_000)

        let options = place.syncOptions
        #expect(try await device.synchronise(over: transport, options: options).end == .done)
        #expect(try await device.synchronise(over: transport, options: options).end == .done)
        #expect(try await device.screen(of: saved.id).row.state == .confirmed)

        try hub.office("decide", saved.number, "approve", "--reason", "资料齐全")
        let outcome = try await device.synchronise(over: transport, options: options)
        #expect(outcome.end == .done)
        let screen = try await device.screen(of: saved.id)
        #expect(screen.row.status == .approved)
        #expect(screen.decisions.map(\.action) == [.approve])
        #expect(screen.signatures.map(\.mark) == [.valid])
        await device.close()
        transport.end()
    }

    @Test("a statement that changed since it was shown is not signed")
    func changedStatement() async throws {
        let device = try await enrolled()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户张三")])
        let row = try await device.addRow(
            to: "lines", of: saved.id,
            fields: [
                FieldEdit(name: "item", value: "瓦片"), FieldEdit(name: "amount", value: "950"),
            ])
        let shown = try await device.statement(of: saved.id)
        try await device.set(
            [FieldEdit(name: "lines.\(row).amount", value: "960")], in: saved.id)
        let new = NewSignature(
            signer: "农户张三", act: .signed,
            wanted: StatementWish(kind: .estimate, language: .zh),
            shownSha256: shown.textSha256, strokes: [], width: 1080, height: 640)
        do {
            try await device.sign(new, of: saved.id)
            Issue.record("it was signed")
        } catch let error as LossbookError {
            #expect(error.code == "statement_changed")
        }
        await device.close()
        transport.end()
    }

    @Test("an exchange without a way ends as such, and everything stays saved")
    func noWay() async throws {
        let device = try await enrolled()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户张三")])
        let outcome = try await device.synchronise(
            over: NoNetwork(), options: place.syncOptions)
        #expect(outcome.end == .noWay)
        #expect(outcome.problem?.sentence(in: .zh).isEmpty == false)
        #expect(try await device.screen(of: saved.id).row.state == .saved)
        await device.close()
        transport.end()
    }

    @Test("a cancelled exchange says so, and the next one goes on")
    func cancelled() async throws {
        let device = try await enrolled()
        try await device.report([FieldEdit(name: "household", value: "农户张三")])
        let options = place.syncOptions
        let exchange = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await device.synchronise(over: transport, options: options)
        }
        exchange.cancel()
        #expect(try await exchange.value.end == .cancelled)
        #expect(try await device.synchronise(over: transport, options: options).end == .done)
        #expect(try await device.unfinished().allSatisfy { $0.state != .saved })
        await device.close()
        transport.end()
    }

    @Test("a code is good for one phone only")
    func usedCode() async throws {
        let device = try await place.newDevice()
        let code = try hub.invite("查勘员乙")
        try await device.enrol(code: code, over: transport)
        await device.close()
        let other = try Stage()
        let second = try await other.newDevice()
        do {
            try await second.enrol(code: code, over: transport)
            Issue.record("it was taken twice")
        } catch let error as LossbookError {
            guard case .WrongState(_, _, _, let needs) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(needs == "new_code")
        }
        await second.close()
        transport.end()
    }
}
