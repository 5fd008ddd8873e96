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

extension TransportError {
    /// What an error of a transport means to the core; nil when the task was cancelled.
    static func failure(of error: any Error) -> TransportFailure? {
        guard let known = error as? TransportError else {
            return error is CancellationError ? nil : .cut
        }
        switch known {
        case .NoNetwork: return .noNetwork
        case .Cut: return .cut
        case .Timeout: return .timeout
        case .Refused: return .refused
        case .Tls: return .tls
        case .Cancelled: return nil
        case .Failed: return .cut
        }
    }
}
