import Foundation
import LossbookKit

/// What the platform gives the app: everything that differs between a phone and a test.
public struct Surroundings: Sendable {
    /// Folder of the encrypted store; not in a backup.
    public let home: URL
    /// Folder for files that come and go: shots before they are kept, bodies of uploads, bundles.
    public let passing: URL
    public let keys: any HostKeyStore
    public let location: (any HostLocation)?
    public let pictures: (any HostPictures)?
    /// For enrolment, while the app is in front.
    public let foreground: any HubTransport
    /// For exchanges, which go on while the app is suspended.
    public let background: any HubTransport
    /// How bodies are handed to `background`.
    public let bodies: BodyStyle
    /// Give an exchange up after waiting so long in vain.
    public let patienceMs: UInt64

    public init(
        home: URL,
        passing: URL,
        keys: any HostKeyStore,
        location: (any HostLocation)? = nil,
        pictures: (any HostPictures)? = nil,
        foreground: any HubTransport,
        background: any HubTransport,
        bodies: BodyStyle = .bySize,
        patienceMs: UInt64 = 60_000
    ) {
        self.home = home
        self.passing = passing
        self.keys = keys
        self.location = location
        self.pictures = pictures
        self.foreground = foreground
        self.background = background
        self.bodies = bodies
        self.patienceMs = patienceMs
    }

    /// A name for a file that comes and goes.
    public func passingFile(_ suffix: String) throws -> URL {
        try FileManager.default.createDirectory(at: passing, withIntermediateDirectories: true)
        return passing.appendingPathComponent("\(UUID().uuidString).\(suffix)")
    }

    func syncOptions(link: LinkState) -> SyncOptions {
        SyncOptions(
            bodiesIn: passing.appendingPathComponent("bodies"),
            link: link,
            bodies: bodies,
            patienceMs: patienceMs
        )
    }
}
