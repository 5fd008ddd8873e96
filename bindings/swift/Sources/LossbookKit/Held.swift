import Foundation

extension NSLock {
    /// Runs something while the lock is held. Short: whoever waits for it may be the main thread.
    func held<Value>(_ body: () throws -> Value) rethrows -> Value {
        lock()
        defer { unlock() }
        return try body()
    }
}
