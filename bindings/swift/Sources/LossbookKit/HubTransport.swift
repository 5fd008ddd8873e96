import Foundation
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

extension SyncOptions {
    /// Options for an exchange.
    ///
    /// - Parameters:
    ///   - folder: a folder of the app's own for the bodies of requests; made if need be.
    ///   - link: the link as the platform tells it.
    ///   - bodies: `.files` for a transport that takes files only.
    ///   - meteredOriginals: whether originals travel over a link that costs.
    ///   - patienceMs: give up after waiting so long in vain.
    public init(
        bodiesIn folder: URL,
        link: LinkState = .up(speed: .wifi, metered: false),
        bodies: BodyStyle = .bySize,
        meteredOriginals: Originals = .hold,
        patienceMs: UInt64 = 60_000
    ) {
        self.init(
            bodyDir: folder.path,
            link: link,
            bodies: bodies,
            meteredOriginals: meteredOriginals,
            patienceMs: patienceMs
        )
    }
}
