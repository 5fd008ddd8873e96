import Foundation
import LossbookFFI

extension FieldDevice {
    /// Exchanges with head office until nothing is left to do, the way is gone or the task is
    /// cancelled. How far it is comes through `changes()`.
    ///
    /// Cancelling ends it with `SyncEnd.cancelled`. Nothing that head office acknowledged is lost,
    /// and the next exchange goes on at the byte where this one stopped.
    ///
    /// - Parameter links: the link as it changes meanwhile, if the platform tells.
    /// - Returns: how it ended, with the sentence to show if it did not end well.
    /// - Throws: `LossbookError.WrongState` with the code `sync_running` while another one goes on,
    ///   `.WrongState` with `needs` = `enrol` on a phone that head office does not know.
    @discardableResult
    public func synchronise(
        over transport: any HubTransport,
        options: SyncOptions,
        links: AsyncStream<LinkState>? = nil
    ) async throws -> SyncOutcome {
        let run = try await exchange.run { [core] in try core.sync(options: options) }
        let listening = listen(to: links, for: run)
        defer { listening?.cancel() }
        while true {
            if Task.isCancelled {
                await exchange.answer { run.cancel() }
            }
            switch try await exchange.run({ try run.nextTask() }) {
            case .done(let outcome):
                return outcome
            case .wait(let ms):
                // Cancelling ends the pause early; the next turn sees it.
                try? await Task.sleep(nanoseconds: min(ms, Self.longestPauseMs) * 1_000_000)
            case .request(let request):
                try await perform(request, of: run, over: transport)
            }
        }
    }

    /// The last exchanges, newest first.
    public func exchanges(limit: UInt32 = 20) async throws -> [SyncNoteView] {
        try await call { try $0.syncLog(limit: limit) }
    }

    /// The cases of which head office lacks something, and how much.
    public func unfinished() async throws -> [CaseLeftView] {
        try await call { try $0.unfinished() }
    }

    private func listen(to links: AsyncStream<LinkState>?, for run: SyncRun) -> Task<Void, Never>? {
        guard let links else { return nil }
        return Task { [exchange] in
            for await link in links {
                try? await exchange.run { try run.linkChanged(link: link) }
            }
        }
    }

    private func perform(
        _ request: HubRequest, of run: SyncRun, over transport: any HubTransport
    ) async throws {
        let id = request.id
        do {
            let answer = try await transport.send(request)
            try await exchange.run { try run.report(id: id, answer: answer) }
        } catch let error as LossbookError {
            throw error
        } catch {
            // Whoever was stopped did not fail: the next turn ends the run.
            if Task.isCancelled { return }
            let why = TransportFailure(error)
            try await exchange.run { try run.reportFailure(id: id, why: why) }
        }
    }

    /// A pause is asked for anew after this, so that a sleeping phone does not oversleep.
    private static let longestPauseMs: UInt64 = 60_000
}
