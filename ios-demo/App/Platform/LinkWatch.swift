import LossbookKit
import Network

/// What link there is: down, or up with its speed and whether it costs.
enum LinkWatch {
    /// Tells each state from now on, until the task that runs this ends.
    @MainActor
    static func follow(_ told: (LinkState) -> Void) async {
        for await path in NWPathMonitor() {
            told(state(of: path))
        }
    }

    private static func state(of path: NWPath) -> LinkState {
        guard path.status == .satisfied else { return .down }
        let speed: LinkSpeed = path.usesInterfaceType(.cellular) ? .cell : .wifi
        return .up(speed: speed, metered: path.isExpensive || path.isConstrained)
    }
}
