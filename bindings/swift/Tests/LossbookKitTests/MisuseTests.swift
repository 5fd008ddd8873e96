import Foundation
import LossbookKit
import LossbookStage
import Testing

@Suite("What goes wrong has its documented error, and nothing is lost")
struct MisuseTests {
    let place: Stage

    init() throws {
        place = try Stage()
    }

    /// The error that a call throws, if it is one of the core's.
    private func failure(_ call: () async throws -> Void) async -> LossbookError? {
        do {
            try await call()
            return nil
        } catch {
            return error as? LossbookError
        }
    }

    @Test("a call after closing says so")
    func afterClose() async throws {
        let device = try await place.enrolledDevice()
        await device.close()
        await device.close()
        let error = await failure { _ = try await device.cases() }
        #expect(error?.code == "closed")
    }

    @Test("an unknown case is not found")
    func unknownCase() async throws {
        let device = try await place.enrolledDevice()
        let error = await failure { _ = try await device.screen(of: "nothing") }
        guard case .NotFound = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await device.close()
    }

    @Test("a locked key store is said, and the home opens once it is unlocked")
    func lockedKeys() async throws {
        let device = try await place.enrolledDevice()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户张三")])
        await device.close()
        place.keys.setLocked(true)
        let error = await failure { _ = try await place.newDevice() }
        guard case .Locked = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        place.keys.setLocked(false)
        let again = try await place.newDevice()
        #expect(try await again.cases().rows.map(\.id).contains(saved.id))
        await again.close()
    }

    @Test("a photo whose task was cancelled is not kept")
    func cancelledPhoto() async throws {
        let device = try await place.enrolledDevice()
        let saved = try await device.report([FieldEdit(name: "household", value: "农户张三")])
        let file = try place.photo()
        let adding = Task {
            // Cancelled before it begins: the core is asked all the same, and stops.
            while !Task.isCancelled { await Task.yield() }
            return try await device.addPhoto(at: file, to: saved.id, origin: .camera)
        }
        adding.cancel()
        let error = await failure { _ = try await adding.value }
        guard case .Cancelled = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await device.screen(of: saved.id).photos.isEmpty)
        try await device.addPhoto(at: file, to: saved.id, origin: .camera)
        #expect(try await device.screen(of: saved.id).photos.count == 1)
        await device.close()
    }

    @Test("an exchange of a phone that nobody enrolled says what comes first")
    func notEnrolled() async throws {
        let device = try await place.newDevice()
        let options = place.syncOptions
        let error = await failure { _ = try await device.synchronise(over: NoNetwork(), options: options) }
        guard case .WrongState(_, _, _, let needs) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(needs == "enrol")
        await device.close()
    }

    @Test("nothing is reported on a phone that nobody enrolled, for it belongs nowhere yet")
    func notEnrolledReport() async throws {
        let device = try await place.newDevice()
        let error = await failure {
            try await device.report([FieldEdit(name: "household", value: "农户张三")])
        }
        #expect(error?.code == "unknown_scope")
        await device.close()
    }

    @Test("every error speaks both languages")
    func bothLanguages() async throws {
        let device = try await place.enrolledDevice()
        let error = await failure { _ = try await device.screen(of: "nothing") }
        #expect(error?.sentence(in: .zh).isEmpty == false)
        #expect(error?.sentence(in: .en).isEmpty == false)
        #expect(error?.sentence(in: .zh) != error?.sentence(in: .en))
        await device.close()
    }

    @Test("Chinese is spoken unless the person prefers English")
    func language() {
        #expect(Language.preferred(among: ["fr-FR", "en-GB", "zh-Hans-CN"]) == .en)
        #expect(Language.preferred(among: ["zh-Hans-CN", "en-US"]) == .zh)
        #expect(Language.preferred(among: ["fr-FR"]) == .zh)
        #expect(Language.preferred(among: []) == .zh)
    }
}
