import LossbookKit
import Observation

/// The app as a whole: opens the store, lets a person in, and says who works with it.
@MainActor
@Observable
public final class Session {
    public enum Phase: Sendable {
        case opening
        /// It is open, and head office does not know this phone yet: enrolment comes first.
        case stranger(FieldDevice)
        case open(FieldDevice, DeviceStatus)
        case problem(Problem)
    }

    public private(set) var phase = Phase.opening
    public let enrolling = Work()
    public var language: Language
    public let surroundings: Surroundings

    public init(_ surroundings: Surroundings, language: Language) {
        self.surroundings = surroundings
        self.language = language
    }

    /// The device, once it is open.
    public var device: FieldDevice? {
        switch phase {
        case .stranger(let device): device
        case .open(let device, _): device
        case .opening, .problem: nil
        }
    }

    /// Opens the store; again after a problem was mended.
    public func start() async {
        guard device == nil else { return }
        phase = .opening
        do {
            let device = try await FieldDevice.open(
                home: surroundings.home,
                keys: surroundings.keys,
                location: surroundings.location,
                pictures: surroundings.pictures
            )
            try await look(at: device)
        } catch {
            if let problem = Problem(error) { phase = .problem(problem) }
        }
    }

    /// Makes this phone known to head office, or lets another person in.
    @discardableResult
    public func enrol(code: String) async -> Bool {
        guard let device else { return false }
        let transport = surroundings.foreground
        let typed = code.filter { !$0.isWhitespace }
        let status = await enrolling.run(saying: .done) {
            try await device.enrol(code: typed, over: transport)
        }
        guard let status else { return false }
        phase = .open(device, status)
        return true
    }

    /// Another of the people on this phone takes over.
    @discardableResult
    public func signIn(_ user: String) async -> Bool {
        guard let device else { return false }
        let status = await enrolling.run(saying: .done) { try await device.signIn(user: user) }
        guard let status else { return false }
        phase = .open(device, status)
        return true
    }

    /// Reads anew what waits to be sent.
    public func refresh() async {
        guard let device else { return }
        try? await look(at: device)
    }

    /// Closes the store, as before the app ends.
    public func close() async {
        await device?.close()
        phase = .opening
    }

    private func look(at device: FieldDevice) async throws {
        let status = try await device.status()
        phase = status.user == nil ? .stranger(device) : .open(device, status)
    }
}
