import LossbookFFI

/// How requests get to head office: the one thing of an exchange that the platform does.
///
/// `URLSessionTransport` is the ready one. An own one carries bytes and decides nothing: it repeats
/// no request, follows no redirect and adds no header that the request does not name.
public protocol HubTransport: Sendable {
    /// Sends one request and gives the answer, whatever its status.
    ///
    /// - Throws: `TransportError` if no answer came; `.Cancelled` when the task was cancelled.
    func send(_ request: HubRequest) async throws -> HubAnswer
}

extension TransportFailure {
    /// What an error of a transport means to the core.
    init(_ error: any Error) {
        switch error as? TransportError {
        case .NoNetwork: self = .noNetwork
        case .Timeout: self = .timeout
        case .Refused: self = .refused
        case .Tls: self = .tls
        case .Cut, .Cancelled, .Failed, nil: self = .cut
        }
    }
}
