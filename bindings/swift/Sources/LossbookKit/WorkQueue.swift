import Dispatch

/// Where calls into the core run: one after the other, off the main thread and off Swift's own
/// threads, which must never block.
///
/// Unchecked because not every platform's `DispatchQueue` says that it is `Sendable`; all of them are.
final class WorkQueue: @unchecked Sendable {
    private let queue: DispatchQueue

    init(_ label: String) {
        queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    /// Runs a blocking call and gives back what it gave or threw.
    func run<Value: Sendable>(_ call: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try call() })
            }
        }
    }

    /// Runs a blocking call that cannot fail.
    func answer<Value: Sendable>(_ call: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: call())
            }
        }
    }
}
