import Foundation
import LossbookFFI

/// Something that changed in the store, by ids only: whoever shows it reads it again.
public enum Change: Sendable {
    /// A case was written here or came in.
    case caseChanged(id: String)
    /// How far an exchange with head office is.
    case progress(SyncProgress)
    /// Something a person should look at.
    case attention(Attention)
}

/// Hands what the core observes to everybody who listens.
final class ChangeBoard: Observer, @unchecked Sendable {
    private let lock = NSLock()
    private var listeners: [UUID: AsyncStream<Change>.Continuation] = [:]
    private var isFinished = false

    func listen() -> AsyncStream<Change> {
        let (stream, continuation) = AsyncStream.makeStream(of: Change.self)
        let id = UUID()
        let wasFinished = lock.held {
            if !isFinished { listeners[id] = continuation }
            return isFinished
        }
        if wasFinished {
            continuation.finish()
        } else {
            continuation.onTermination = { [weak self] _ in self?.forget(id) }
        }
        return stream
    }

    func finish() {
        let all = lock.held {
            isFinished = true
            return Array(listeners.values)
        }
        for listener in all { listener.finish() }
    }

    func caseChanged(case id: String) { tell(.caseChanged(id: id)) }

    func progress(progress: SyncProgress) { tell(.progress(progress)) }

    func attention(what: Attention) { tell(.attention(what)) }

    private func tell(_ change: Change) {
        let all = lock.held { Array(listeners.values) }
        for listener in all { listener.yield(change) }
    }

    private func forget(_ id: UUID) {
        lock.held { _ = listeners.removeValue(forKey: id) }
    }
}
