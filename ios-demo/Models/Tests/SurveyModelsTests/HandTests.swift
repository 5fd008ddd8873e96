import Foundation
import LossbookKit
import LossbookStage
import SurveyModels
import Testing

@MainActor
@Suite("Photos, signing, exchange, bundles, people")
struct HandTests {
    let stage: Stage

    init() throws {
        stage = try Stage()
    }

    @Test("a photo of the own camera fills its slot, and the camera's file is gone")
    func photo() async throws {
        let device = try await stage.enrolledDevice()
        let saved = try await device.report([
            FieldEdit(name: "household", value: "农户张三"),
            FieldEdit(name: "contract", value: "huzhu-rural-housing"),
        ])
        let file = CaseFile(device, id: saved.id)
        await file.load()
        let shoot = PhotoShoot(file, surroundings: stage.surroundings)
        await shoot.load()
        let slot = try #require(shoot.slots.first { $0.missing > 0 })
        let shot = try #require(await shoot.aim(at: slot.id))
        try Picture.bytes(1).write(to: shot)
        #expect(await shoot.keep(shot))
        #expect(!FileManager.default.fileExists(atPath: shot.path))
        let filled = try #require(shoot.slots.first { $0.id == slot.id })
        #expect(filled.photos.count == 1)
        #expect(filled.missing == slot.missing - 1)
        await shoot.show(filled.photos[0])
        #expect(shoot.thumbnails.count == 1)
        await device.close()
    }

    @Test("what is no picture is refused, and no photo is kept")
    func noPicture() async throws {
        let device = try await stage.enrolledDevice()
        let file = try await stage.priced(device)
        let shoot = PhotoShoot(file, surroundings: stage.surroundings)
        let text = try stage.surroundings.passingFile("jpg")
        try Data("no picture".utf8).write(to: text)
        #expect(await shoot.take(fromGallery: text, slot: "") == false)
        guard case .problem = shoot.keeping.state else {
            Issue.record("\(shoot.keeping.state)")
            return
        }
        #expect(try await device.screen(of: file.id).photos.isEmpty)
        await device.close()
    }

    @Test("a statement is read, signed with ink, and the signature is valid")
    func signing() async throws {
        let device = try await stage.enrolledDevice()
        let signing = Signing(try await stage.priced(device))
        await signing.load(in: .zh)
        #expect(signing.statement.content.value?.text.contains("950.00") == true)
        signing.signer = "农户张三"
        #expect(await signing.sign() == nil)
        #expect(signing.signing.state != .idle)
        signing.layOut(width: 800, height: 300)
        signing.penDown(InkPoint(x: 10, y: 20, tMs: 0, pressure: 500))
        for step in 1...30 {
            signing.penMoved(
                InkPoint(x: Int32(10 + 8 * step), y: 20, tMs: UInt32(16 * step), pressure: 500))
        }
        #expect(await signing.sign() != nil)
        #expect(signing.file.screen.content.value?.signatures.map(\.mark) == [.valid])
        await device.close()
    }

    @Test("what changed after it was shown is shown again before it is signed")
    func changed() async throws {
        let device = try await stage.enrolledDevice()
        let file = try await stage.priced(device)
        let signing = Signing(file)
        await signing.load(in: .zh)
        signing.signer = "农户张三"
        let screen = try #require(file.screen.content.value)
        let lines = try #require(screen.sections.first { $0.key == "lines" })
        let row = try #require(lines.rows.first)
        try await device.set([FieldEdit(name: "\(row.path).amount", value: "990")], in: file.id)
        signing.layOut(width: 800, height: 300)
        signing.penDown(InkPoint(x: 10, y: 20, tMs: 0, pressure: 500))
        signing.penMoved(InkPoint(x: 90, y: 60, tMs: 40, pressure: 500))
        #expect(await signing.sign() == nil)
        #expect(signing.hasChanged && signing.strokes.isEmpty)
        #expect(signing.statement.content.value?.text.contains("990.00") == true)
        await device.close()
    }

    @Test("a refusal is recorded with its reason")
    func refusal() async throws {
        let device = try await stage.enrolledDevice()
        let signing = Signing(try await stage.priced(device))
        await signing.load(in: .zh)
        signing.signer = "农户张三"
        #expect(await signing.refuse(reason: "金额不认可") != nil)
        #expect(signing.file.screen.content.value?.signatures.map(\.mark) == [.refused])
        await device.close()
    }

    @Test("without a network an exchange ends so, and what is left is listed")
    func exchange() async throws {
        let device = try await stage.enrolledDevice()
        let file = try await stage.priced(device)
        let exchange = Exchange(device, surroundings: stage.surroundings)
        await exchange.linkChanged(to: .up(speed: .cell, metered: true))
        guard case .ended(let outcome) = exchange.state else {
            Issue.record("\(exchange.state)")
            return
        }
        #expect(outcome.end == .noWay)
        #expect(!exchange.isGoing)
        #expect(exchange.summary(in: .zh) == outcome.problem?.zh)
        let left = exchange.unfinished.content.value ?? []
        #expect(left.map(\.id).contains(file.id))
        #expect(exchange.log.content.value?.isEmpty == false)
        await device.close()
    }

    @Test("an exchange before enrolment says that enrolment comes first")
    func exchangeOfStranger() async throws {
        let device = try await stage.newDevice()
        let exchange = Exchange(device, surroundings: stage.surroundings)
        await exchange.start()
        guard case .problem(let problem) = exchange.state else {
            Issue.record("\(exchange.state)")
            return
        }
        #expect(problem.remedy == .first("enrol"))
        await device.close()
    }

    @Test("a link that comes back begins an exchange, one that stays begins none")
    func linkComesBack() async throws {
        let device = try await stage.enrolledDevice()
        let exchange = Exchange(device, surroundings: stage.surroundings)
        await exchange.linkChanged(to: .down)
        guard case .idle = exchange.state else {
            Issue.record("\(exchange.state)")
            return
        }
        await exchange.linkChanged(to: .up(speed: .wifi, metered: false))
        guard case .ended = exchange.state else {
            Issue.record("\(exchange.state)")
            return
        }
        let before = exchange.log.content.value?.count
        await exchange.linkChanged(to: .up(speed: .cell, metered: true))
        await exchange.load()
        #expect(exchange.log.content.value?.count == before)
        await device.close()
    }

    @Test("an exchange that is stopped says that nothing was lost")
    func stopped() async throws {
        let device = try await stage.enrolledDevice()
        _ = try await stage.priced(device)
        let exchange = Exchange(device, surroundings: stage.surroundings)
        let going = Task { await exchange.linkChanged(to: .up(speed: .wifi, metered: false)) }
        while !exchange.isGoing { await Task.yield() }
        exchange.stop()
        await going.value
        guard case .ended(let outcome) = exchange.state else {
            Issue.record("\(exchange.state)")
            return
        }
        #expect(outcome.end == .cancelled)
        #expect(exchange.summary(in: .zh).isEmpty == false)
        await device.close()
    }

    @Test("a bundle for head office is made without a network, and removed once it was shared")
    func bundle() async throws {
        let device = try await stage.enrolledDevice()
        let bundles = Bundles(device, surroundings: stage.surroundings)
        await bundles.load()
        #expect(bundles.receivers.content.value?.contains { $0.kind == "hub" } == true)
        #expect(await bundles.make())
        let file = try #require(bundles.made.first)
        #expect(FileManager.default.fileExists(atPath: file.path))
        bundles.removeMade()
        #expect(!FileManager.default.fileExists(atPath: file.path))
        await device.close()
    }

    @Test("a bundle before enrolment is refused with a sentence")
    func bundleOfStranger() async throws {
        let device = try await stage.newDevice()
        let bundles = Bundles(device, surroundings: stage.surroundings)
        #expect(await bundles.make() == false)
        guard case .problem(let problem) = bundles.working.state else {
            Issue.record("\(bundles.working.state)")
            return
        }
        #expect(problem.remedy == .first("enrol"))
        #expect(bundles.made.isEmpty)
        await device.close()
    }

    @Test("what is no bundle is refused with a sentence")
    func noBundle() async throws {
        let device = try await stage.enrolledDevice()
        let bundles = Bundles(device, surroundings: stage.surroundings)
        let file = stage.folder.appendingPathComponent("x.lossbundle")
        try Data("no bundle".utf8).write(to: file)
        #expect(await bundles.take(file) == false)
        guard case .problem(let problem) = bundles.working.state else {
            Issue.record("\(bundles.working.state)")
            return
        }
        #expect(!problem.sentence(in: .zh).isEmpty)
        await device.close()
    }

    @Test("on a new phone nobody is listed")
    func people() async throws {
        let session = stage.session()
        await session.start()
        let people = People(session)
        await people.load()
        guard case .empty = people.list.content else {
            Issue.record("\(people.list.content)")
            return
        }
        await session.close()
    }
}
