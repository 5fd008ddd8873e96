import Foundation
import LossbookKit
import Observation

/// Handing over without a network: making a bundle to share, taking one in.
@MainActor
@Observable
public final class Bundles {
    public let receivers = Loading<[ReceiverView]>(isEmpty: { $0.isEmpty })
    public let working = Work()
    /// Who it is for, by id; head office if nobody is chosen.
    public var chosen: Set<String> = []
    /// The files that were made, to be shared and then removed.
    public private(set) var made: [URL] = []
    /// What came of the bundle that was taken in last.
    public private(set) var taken: ImportedBundle?

    private let device: FieldDevice
    private let surroundings: Surroundings

    public init(_ device: FieldDevice, surroundings: Surroundings) {
        self.device = device
        self.surroundings = surroundings
    }

    public func load() async {
        let device = self.device
        await receivers.load { try await device.receivers() }
    }

    /// Makes a bundle.
    @discardableResult
    public func make() async -> Bool {
        removeMade()
        let (device, receivers) = (self.device, chosen.sorted())
        guard let file = try? surroundings.passingFile("lossbundle") else { return false }
        let exported = await working.run(saying: .bundleMade) {
            try await device.exportBundle(to: file, receivers: receivers)
        }
        made = (exported?.files ?? []).map { URL(fileURLWithPath: $0) }
        return exported != nil
    }

    /// Takes a bundle in, as it came from another app or person.
    @discardableResult
    public func take(_ file: URL) async -> Bool {
        let device = self.device
        taken = await working.run(saying: .bundleTaken) {
            try await device.importBundle(at: file)
        }
        return taken != nil
    }

    /// Removes the files that were made, once they were shared.
    public func removeMade() {
        for file in made { try? FileManager.default.removeItem(at: file) }
        made = []
    }
}
