import LossbookKit
import Network

/// What link there is, as a sequence: down, or up with its speed and whether it costs.
struct LinkWatch {
    func states() -> AsyncStream<LinkState> {
        AsyncStream { stream in
            let monitor = NWPathMonitor()
            monitor.pathUpdateHandler = { path in stream.yield(Self.state(of: path)) }
            stream.onTermination = { _ in monitor.cancel() }
            monitor.start(queue: .global(qos: .utility))
        }
    }

    private static func state(of path: NWPath) -> LinkState {
        guard path.status == .satisfied else { return .down }
        let speed: LinkSpeed = path.usesInterfaceType(.cellular) ? .cell : .wifi
        return .up(speed: speed, metered: path.isExpensive || path.isConstrained)
    }
}
