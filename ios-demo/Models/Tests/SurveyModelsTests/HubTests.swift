import Foundation
import LossbookKit
import LossbookStage
import SurveyModels
import Testing

@MainActor
@Suite("With a real hub", .enabled(if: HubProcess.program != nil, "needs the lossbook program"))
struct HubTests {
    let hub: HubProcess
    let place: Stage
    let transport = URLSessionTransport()

    init() throws {
        place = try Stage()
        hub = try HubProcess(in: place.folder)
        try hub.hub("scope", "village")
    }

    private func phone(of user: String, at stage: Stage) async throws -> FieldDevice {
        let device = try await stage.newDevice()
        try await device.enrol(code: try hub.invite(user), over: transport)
        return device
    }

    private func exchange(_ devices: FieldDevice...) async throws {
        for device in devices {
            let options = place.syncOptions
            let outcome = try await device.synchronise(over: transport, options: options)
            #expect(outcome.end == .done)
        }
    }

    @Test("two phones write different amounts: both see both, and one settles with a reason")
    func dispute() async throws {
        let other = try Stage()
        let (li, wang) = (try await phone(of: "查勘员李", at: place), try await phone(of: "查勘员王", at: other))
        let file = try await place.priced(li)
        try await exchange(li, wang)
        let lines = LossLines(file)
        let path = try #require(lines.rows(of: "lines").first).path + ".amount"
        try await li.set([FieldEdit(name: path, value: "800")], in: file.id)
        try await wang.set([FieldEdit(name: path, value: "1250.50")], in: file.id)
        try await exchange(li, wang, li)
        await file.load()

        let disputes = Disputes(file)
        let dispute = try #require(disputes.all.first)
        #expect(Set(dispute.values.map(\.value)) == ["800.00", "1250.50"])
        #expect(file.screen.content.value?.total.lowFen == 80_000)
        #expect(file.screen.content.value?.total.highFen == 125_050)

        #expect(await disputes.settle(dispute) == false)
        disputes.chosen[dispute.path] = dispute.choices.first { $0 == "1250.50" }
        #expect(await disputes.settle(dispute) == false)
        disputes.reasons[dispute.path] = "现场复核"
        #expect(await disputes.settle(dispute))
        #expect(disputes.all.isEmpty)
        #expect(file.screen.content.value?.total.text == "1250.50")
        await li.close()
        await wang.close()
        transport.end()
    }

    @Test("a bundle goes from one phone to another, and the other shows the case")
    func bundleByHand() async throws {
        let other = try Stage()
        let (li, wang) = (try await phone(of: "查勘员李", at: place), try await phone(of: "查勘员王", at: other))
        try await exchange(li, wang, li)
        _ = try await place.priced(li, household: "农户赵六")
        let out = Bundles(li, surroundings: place.surroundings)
        await out.load()
        let receiver = try #require(out.receivers.content.value?.first { $0.user == "查勘员王" })
        out.chosen = [receiver.id]
        #expect(await out.make())
        let bundle = try #require(out.made.first)

        let incoming = Bundles(wang, surroundings: other.surroundings)
        #expect(await incoming.take(bundle))
        #expect(incoming.taken?.complete == true)
        let list = TaskList(wang)
        list.search = "赵六"
        await list.load()
        #expect(list.list.content.value?.rows.map(\.household) == ["农户赵六"])
        await li.close()
        await wang.close()
        transport.end()
    }
}
