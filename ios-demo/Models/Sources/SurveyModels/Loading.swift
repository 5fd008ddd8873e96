import LossbookKit
import Observation

/// What stands where a screen's content belongs.
public enum Content<Value: Sendable>: Sendable {
    /// It is being read.
    case waiting
    /// It takes longer than usual.
    case slow
    /// There is nothing to show.
    case empty
    case ready(Value)
    case problem(Problem)

    /// The value, if it is there.
    public var value: Value? {
        if case .ready(let value) = self { value } else { nil }
    }
}

/// Reads something for a screen. While it is read anew, the old content stays.
@MainActor
@Observable
public final class Loading<Value: Sendable> {
    public private(set) var content: Content<Value> = .waiting

    /// Counts the readings, so that a late answer does not replace a newer one.
    @ObservationIgnored private var reading = 0
    private let slowAfter: Duration
    private let isEmpty: @Sendable (Value) -> Bool

    public init(
        slowAfter: Duration = .milliseconds(700),
        isEmpty: @escaping @Sendable (Value) -> Bool = { _ in false }
    ) {
        self.slowAfter = slowAfter
        self.isEmpty = isEmpty
    }

    public func load(_ fetch: @escaping @Sendable () async throws -> Value) async {
        reading += 1
        let mine = reading
        if case .problem = content { content = .waiting }
        let patience = Task { [weak self, slowAfter] in
            try await Task.sleep(for: slowAfter)
            self?.sayThatItIsSlow(mine)
        }
        defer { patience.cancel() }
        do {
            let value = try await fetch()
            guard mine == reading else { return }
            content = isEmpty(value) ? .empty : .ready(value)
        } catch {
            guard mine == reading, let problem = Problem(error) else { return }
            content = .problem(problem)
        }
    }

    /// Replaces what is shown, such as by a longer list.
    func replace(_ value: Value) {
        content = isEmpty(value) ? .empty : .ready(value)
    }

    private func sayThatItIsSlow(_ which: Int) {
        if which == reading, case .waiting = content { content = .slow }
    }
}

/// Something the person asked for: one at a time, and it says how it went.
@MainActor
@Observable
public final class Work {
    public enum State: Sendable, Equatable {
        case idle
        case working
        /// It takes longer than usual.
        case slow
        case done(Phrase)
        case problem(Problem)
    }

    public private(set) var state = State.idle
    private let slowAfter: Duration

    public init(slowAfter: Duration = .milliseconds(700)) {
        self.slowAfter = slowAfter
    }

    public var isGoing: Bool {
        state == .working || state == .slow
    }

    /// Runs it and gives its result; nil if it failed, was stopped, or another one goes on.
    @discardableResult
    public func run<Value: Sendable>(
        saying phrase: Phrase = .saved, _ action: @escaping @Sendable () async throws -> Value
    ) async -> Value? {
        guard !isGoing else { return nil }
        state = .working
        let patience = Task { [weak self, slowAfter] in
            try await Task.sleep(for: slowAfter)
            self?.sayThatItIsSlow()
        }
        defer { patience.cancel() }
        do {
            let value = try await action()
            state = .done(phrase)
            return value
        } catch {
            state = Problem(error).map(State.problem) ?? .done(.stopped)
            return nil
        }
    }

    /// Runs it and says whether it succeeded.
    public func succeeds(
        saying phrase: Phrase = .saved, _ action: @escaping @Sendable () async throws -> Void
    ) async -> Bool {
        let done: Bool? = await run(saying: phrase) {
            try await action()
            return true
        }
        return done ?? false
    }

    /// Says what the person forgot, before anything is tried.
    func refuse(_ problem: Problem) {
        state = .problem(problem)
    }

    /// Takes the last word back, such as when the screen is left.
    public func forget() {
        if !isGoing { state = .idle }
    }

    private func sayThatItIsSlow() {
        if state == .working { state = .slow }
    }
}
