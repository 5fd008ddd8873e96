import Foundation
import LossbookFFI

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Carries requests by `URLSession`.
///
/// With a configuration of `URLSessionConfiguration.background(withIdentifier:)` the system goes
/// on with an upload while the app is suspended. Such a session takes bodies from files only: ask
/// for `SyncOptions.bodies` as `.files` then, and enrol over a foreground one.
///
/// A session keeps its transport alive until `end()`.
public final class URLSessionTransport: NSObject, HubTransport, @unchecked Sendable {
    /// Which kinds of task the session takes.
    public enum Manner: Sendable {
        /// Bodies from memory and from files.
        case foreground
        /// Bodies from files, answers into files: what a background session can do.
        case background
    }

    /// A request that has no answer yet.
    private struct Waiting {
        let task: URLSessionTask
        let continuation: CheckedContinuation<HubAnswer, any Error>
        var received = Data()
    }

    /// Largest answer that is taken.
    private static let longestAnswer = 4 * 1024 * 1024

    /// No roaming, a call on the line, no data allowed: codes that only phones name.
    private static let phoneOnly: Set<Int> = [-1018, -1019, -1020]

    private let manner: Manner
    private let lock = NSLock()
    private var waiting: [Int: Waiting] = [:]
    private var session: URLSession?
    private var whenDrained: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - configuration: caches and cookies are turned off in it.
    ///   - manner: `.background` for a background configuration.
    public init(
        configuration: URLSessionConfiguration = .ephemeral, manner: Manner = .foreground
    ) {
        self.manner = manner
        super.init()
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    }

    /// Ends the session; requests on their way end as cancelled.
    public func end() {
        lock.held { session }?.invalidateAndCancel()
    }

    /// What to call once all events of a background session were handed over: the handler that the
    /// system gave the app when it woke it.
    public func whenDrained(_ done: @escaping @Sendable () -> Void) {
        lock.held { whenDrained = done }
    }

    public func send(_ request: HubRequest) async throws -> HubAnswer {
        let task = try task(for: request)
        let id = task.taskIdentifier
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                lock.held {
                    waiting[id] = Waiting(task: task, continuation: continuation)
                }
                task.resume()
                // Cancelled before it was entered above: the handler below found nothing.
                if Task.isCancelled { task.cancel() }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int) {
        lock.held { waiting[id]?.task }?.cancel()
    }

    private func task(for request: HubRequest) throws -> URLSessionTask {
        guard let session = lock.held({ self.session }), let url = URL(string: request.url) else {
            throw TransportError.Failed(reason: "the address of the hub is none")
        }
        let quiet = TimeInterval(request.quietMs) / 1000
        var out = URLRequest(url: url, timeoutInterval: max(1, quiet))
        out.httpMethod = request.method
        for header in request.headers {
            out.setValue(header.value, forHTTPHeaderField: header.name)
        }
        switch (request.body, manner) {
        case (.empty, .foreground):
            return session.dataTask(with: out)
        case (.empty, .background):
            return session.downloadTask(with: out)
        case (.bytes(let bytes), .foreground):
            return session.uploadTask(with: out, from: bytes)
        case (.bytes, .background):
            throw TransportError.Failed(reason: "a background session takes bodies from files")
        case (.file(let path, _), _):
            return session.uploadTask(with: out, fromFile: URL(fileURLWithPath: path))
        }
    }

    private static func trouble(of error: any Error) -> TransportError {
        guard let error = error as? URLError else { return .Cut }
        switch error.code {
        case .cancelled:
            return .Cancelled
        case .timedOut:
            return .Timeout
        case .notConnectedToInternet, .cannotFindHost, .dnsLookupFailed:
            return .NoNetwork
        case .cannotConnectToHost:
            return .Refused
        case .secureConnectionFailed, .serverCertificateHasBadDate, .serverCertificateUntrusted,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid,
            .clientCertificateRejected, .clientCertificateRequired:
            return .Tls
        default:
            return phoneOnly.contains(error.code.rawValue) ? .NoNetwork : .Cut
        }
    }

    private static func answer(_ response: URLResponse?, _ body: Data) throws -> HubAnswer {
        guard let response = response as? HTTPURLResponse,
            let status = UInt16(exactly: response.statusCode)
        else {
            throw TransportError.Cut
        }
        let headers = response.allHeaderFields.compactMap { name, value -> HubHeader? in
            guard let name = name as? String, let value = value as? String else { return nil }
            return HubHeader(name: name, value: value)
        }
        return HubAnswer(status: status, headers: headers, body: body)
    }
}

extension URLSessionTransport: URLSessionDataDelegate, URLSessionDownloadDelegate {
    public func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data
    ) {
        let isTooLong = lock.held {
            waiting[dataTask.taskIdentifier]?.received.append(data)
            let length = waiting[dataTask.taskIdentifier]?.received.count ?? 0
            return length > Self.longestAnswer
        }
        if isTooLong { dataTask.cancel() }
    }

    public func urlSession(
        _ session: URLSession, downloadTask: URLSessionDownloadTask,
        didFinishDownloadingTo location: URL
    ) {
        // The file is gone when this returns.
        guard let file = try? FileHandle(forReadingFrom: location) else { return }
        defer { try? file.close() }
        let body = (try? file.read(upToCount: Self.longestAnswer)) ?? Data()
        lock.held { waiting[downloadTask.taskIdentifier]?.received = body }
    }

    public func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        let done = lock.held { waiting.removeValue(forKey: task.taskIdentifier) }
        guard let done else { return }
        if let error {
            done.continuation.resume(throwing: Self.trouble(of: error))
        } else {
            done.continuation.resume(
                with: Result { try Self.answer(task.response, done.received) })
        }
    }

    /// A redirect would carry this phone's token to another place.
    public func urlSession(
        _ session: URLSession, task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    #if !canImport(FoundationNetworking)
        public func urlSessionDidFinishEvents(forBackgroundURLSession session: URLSession) {
            let done = lock.held {
                let done = whenDrained
                whenDrained = nil
                return done
            }
            done?()
        }
    #endif
}
