import LossbookKit
import Observation

/// The people who share this phone. Whoever takes it over sees their own cases; what the others
/// saved stays and is sent.
@MainActor
@Observable
public final class People {
    public let list = Loading<[PersonView]>(isEmpty: { $0.isEmpty })
    public var code = ""
    public let session: Session

    public init(_ session: Session) {
        self.session = session
    }

    public func load() async {
        guard let device = session.device else { return }
        await list.load { try await device.people() }
    }

    /// Another of them takes over.
    public func signIn(_ user: String) async {
        if await session.signIn(user) { await load() }
    }

    /// Lets another person in by a code of head office.
    public func letIn() async {
        if await session.enrol(code: code) {
            code = ""
            await load()
        }
    }
}
