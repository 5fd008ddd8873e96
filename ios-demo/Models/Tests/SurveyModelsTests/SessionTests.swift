import Foundation
import LossbookKit
import SurveyModels
import Testing

@MainActor
@Suite("Opening and signing in")
struct SessionTests {
    let stage: Stage

    init() throws {
        stage = try Stage()
    }

    @Test("a new phone opens as a stranger and can report")
    func stranger() async throws {
        let session = stage.session()
        await session.start()
        guard case .stranger(let device) = session.phase else {
            Issue.record("\(session.phase)")
            return
        }
        try await device.report([FieldEdit(name: "household", value: "农户张三")])
        await session.close()
    }

    @Test("a locked key store is said with what to do, and opening works once it is unlocked")
    func locked() async throws {
        let session = stage.session()
        await session.start()
        await session.close()
        stage.keys.setLocked(true)
        await session.start()
        guard case .problem(let problem) = session.phase else {
            Issue.record("\(session.phase)")
            return
        }
        #expect(problem.remedy == .unlock)
        stage.keys.setLocked(false)
        await session.start()
        #expect(session.device != nil)
        await session.close()
    }

    @Test("a code that is none is refused at its field, without a network")
    func badCode() async throws {
        let session = stage.session()
        await session.start()
        #expect(await session.enrol(code: "hello") == false)
        guard case .problem(let problem) = session.enrolling.state else {
            Issue.record("\(session.enrolling.state)")
            return
        }
        guard case .field = problem.remedy else {
            Issue.record("\(problem)")
            return
        }
        await session.close()
    }
}
