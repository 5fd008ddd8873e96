import LossbookFFI

extension FieldDevice {
    /// Who is signed in, what waits to be sent, and whether head office knows this phone.
    public func status() async throws -> DeviceStatus {
        try await call { try $0.status() }
    }

    /// Makes this phone known to head office by the code it gave out; on a phone that is known
    /// already, lets another person in. The one step that needs a network.
    ///
    /// - Throws: `LossbookError.WrongState` with `needs` = `new_code` for a code that is none, was used
    ///   or is too old; `TransportError` without a way to head office.
    @discardableResult
    public func enrol(code: String, over transport: any HubTransport) async throws -> DeviceStatus {
        let request = try await call { try $0.enrolRequest(code: code) }
        let answer = try await transport.send(request)
        return try await call { try $0.enrolAnswer(code: code, answer: answer) }
    }

    /// The people who share this phone.
    public func people() async throws -> [PersonView] {
        try await call { try $0.people() }
    }

    /// Another of them takes the phone over. Whatever the one before saved stays and is sent.
    @discardableResult
    public func signIn(user: String) async throws -> DeviceStatus {
        try await call { try $0.signIn(user: user) }
    }

    /// The scopes (villages, teams) that this phone works in.
    public func scopes() async throws -> [ScopeView] {
        try await call { try $0.scopes() }
    }
}
