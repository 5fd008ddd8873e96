import Foundation
import LossbookKit
import LossbookStage
import SurveyModels
import Testing

@MainActor
@Suite("Opening and signing in")
struct SessionTests {
    let stage: Stage

    init() throws {
        stage = try Stage()
    }

    @Test("a new phone opens as a stranger; one that was enrolled opens with its user")
    func whoOpens() async throws {
        let session = stage.session()
        await session.start()
        guard case .stranger = session.phase else {
            Issue.record("\(session.phase)")
            return
        }
        await session.close()
        let other = try Stage()
        try other.layEnrolledHome()
        let known = other.session()
        await known.start()
        guard case .open(_, let status) = known.phase else {
            Issue.record("\(known.phase)")
            return
        }
        #expect(status.user?.isEmpty == false)
        await known.close()
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

    @Test("a code that is none is said at once, without a network")
    func badCode() async throws {
        let session = stage.session()
        await session.start()
        #expect(await session.enrol(code: "hello") == false)
        guard case .problem(let problem) = session.enrolling.state else {
            Issue.record("\(session.enrolling.state)")
            return
        }
        #expect(problem.remedy == .first("new_code"))
        #expect(problem.help(in: .zh) == Phrase.helpNewCode.text(in: .zh))
        await session.close()
    }
}
