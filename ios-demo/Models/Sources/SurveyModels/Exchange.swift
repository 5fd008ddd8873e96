import LossbookKit
import Observation

/// Exchanging with head office: what waits, how far it is, how it ended.
@MainActor
@Observable
public final class Exchange {
    public enum State: Sendable {
        case idle
        case going(SyncProgress?)
        case ended(SyncOutcome)
        case problem(Problem)
    }

    public private(set) var state = State.idle
    public let unfinished = Loading<[CaseLeftView]>(isEmpty: { $0.isEmpty })
    public let log = Loading<[SyncNoteView]>(isEmpty: { $0.isEmpty })
    /// The link as the platform reported it last.
    public private(set) var link = LinkState.down

    private let device: FieldDevice
    private let surroundings: Surroundings
    @ObservationIgnored private var current: Task<SyncOutcome, any Error>?
    @ObservationIgnored private var links: AsyncStream<LinkState>.Continuation?

    public init(_ device: FieldDevice, surroundings: Surroundings) {
        self.device = device
        self.surroundings = surroundings
    }

    public var isGoing: Bool {
        if case .going = state { true } else { false }
    }

    /// Reads what waits and what happened.
    public func load() async {
        let device = self.device
        await unfinished.load { try await device.unfinished() }
        await log.load { try await device.exchanges() }
    }

    /// Takes the platform's word on the link. An exchange that goes on hears of it; where a link
    /// comes back, one begins.
    public func linkChanged(to link: LinkState) async {
        let wasDown = self.link == .down
        self.link = link
        links?.yield(link)
        if wasDown, link != .down { await start() }
    }

    /// Exchanges until nothing is left, the way is gone, or `stop()`.
    public func start() async {
        guard !isGoing else { return }
        state = .going(nil)
        let (device, transport) = (self.device, surroundings.background)
        let options = surroundings.syncOptions(link: link)
        let (stream, continuation) = AsyncStream.makeStream(of: LinkState.self)
        links = continuation
        let exchange = Task {
            try await device.synchronise(over: transport, options: options, links: stream)
        }
        current = exchange
        do {
            state = .ended(try await exchange.value)
        } catch {
            state = Problem(error).map(State.problem) ?? .idle
        }
        current = nil
        links?.finish()
        links = nil
        await load()
    }

    /// Stops it. Nothing that head office acknowledged is lost.
    public func stop() {
        current?.cancel()
    }

    /// Shows how far it is, until the task that runs this ends.
    public func follow() async {
        await load()
        for await change in device.changes() {
            if case .progress(let progress) = change, isGoing { state = .going(progress) }
        }
    }

    /// How it stands, in one line.
    public func summary(in language: Language) -> String {
        switch state {
        case .idle: (link == .down ? Phrase.offline : .startExchange).text(in: language)
        case .going(nil): Phrase.working.text(in: language)
        case .going(let progress?): progress.phase.name(in: language)
        case .ended(let outcome): outcome.sentence(in: language)
        case .problem(let problem): problem.sentence(in: language)
        }
    }
}

extension SyncOutcome {
    /// How it ended, in one sentence.
    func sentence(in language: Language) -> String {
        if let problem { return problem.sentence(in: language) }
        switch end {
        case .done: return Phrase.nothingLeft.text(in: language)
        case .cancelled: return Phrase.stopped.text(in: language)
        case .noWay: return Phrase.noWay.text(in: language)
        case .diskFull: return Phrase.storageFull.text(in: language)
        case .blocked: return Phrase.helpOffice.text(in: language)
        }
    }
}
