import Foundation
import LossbookKit
import Observation

/// A shot of the checklist, with the photos that fill it.
public struct ShotSlot: Identifiable, Sendable {
    /// Empty for photos that belong to no shot.
    public let id: String
    public let zh: String
    public let en: String
    public let photos: [PhotoView]
    /// How many are still to be taken.
    public let missing: UInt32

    public func name(in language: Language) -> String {
        language.of(zh, en)
    }
}

/// The photos of a case: slots of the checklist, taking one, and taking one back.
@MainActor
@Observable
public final class PhotoShoot {
    public let file: CaseFile
    public let keeping = Work()
    /// What the core said of the photo that was kept last: seen before, doubtful, …
    public private(set) var lastKept: AddedPhoto?
    /// Thumbnails by digest.
    public private(set) var thumbnails: [String: Data] = [:]

    private let surroundings: Surroundings
    private var shots: [ShotView] = []
    private var taking: (slot: String, shutter: UInt64)?
    @ObservationIgnored private var current: Task<AddedPhoto, any Error>?

    public init(_ file: CaseFile, surroundings: Surroundings) {
        self.file = file
        self.surroundings = surroundings
    }

    /// Reads the names of the contract's shots.
    public func load() async {
        guard let contract = contract, let form = try? await file.device.contract(contract) else {
            return
        }
        shots = form.shots
    }

    /// The shots of the contract, those that are missing for single lines, and all other photos.
    public var slots: [ShotSlot] {
        guard let screen = file.screen.content.value else { return [] }
        let standing = screen.photos.filter { $0.standing != .withdrawn }
        var known = Set(shots.map(\.id))
        var slots = shots.map { shot in
            slot(shot.id, (shot.zh, shot.en), screen, standing)
        }
        for missing in screen.shotsMissing where known.insert(missing.id).inserted {
            slots.append(slot(missing.id, (missing.zh, missing.en), screen, standing))
        }
        let others = standing.filter { !known.contains($0.slot) }
        let (zh, en) = Phrase.otherPhotos.both
        slots.append(ShotSlot(id: "", zh: zh, en: en, photos: others, missing: 0))
        return slots
    }

    /// Counts a shot and gives the file that the camera is to write.
    public func aim(at slot: String) async -> URL? {
        let device = file.device
        guard let shutter = await keeping.run(saying: .working, { try await device.openShutter() })
        else { return nil }
        keeping.forget()
        taking = (slot, shutter.number)
        return try? surroundings.passingFile("jpg")
    }

    /// Keeps what the camera wrote, and removes the file.
    @discardableResult
    public func keep(_ shot: URL, fix: PlaceFix? = nil) async -> Bool {
        guard let (slot, shutter) = taking else { return false }
        taking = nil
        return await add(shot, .camera, slot: slot, shutter: shutter, fix: fix)
    }

    /// Keeps a picture that was not taken in this app; it is marked as such.
    @discardableResult
    public func take(fromGallery picture: URL, slot: String) async -> Bool {
        await add(picture, .gallery, slot: slot, shutter: nil, fix: nil)
    }

    /// Stops keeping the photo that is being kept: nothing of it stays.
    public func stop() {
        current?.cancel()
    }

    /// Withdraws a photo with a reason; it stays readable.
    @discardableResult
    public func withdraw(_ photo: PhotoView, reason: String) async -> Bool {
        guard let row = photo.row, !reason.isEmpty else {
            keeping.refuse(Problem(code: "no_reason", .reasonHint, remedy: .field("reason")))
            return false
        }
        let (device, id) = (file.device, file.id)
        let isSaved = await keeping.succeeds {
            try await device.withdraw("photos.\(row)", of: id, reason: reason)
        }
        if isSaved { await file.load() }
        return isSaved
    }

    /// Reads a thumbnail when it comes into sight.
    public func show(_ photo: PhotoView) async {
        guard let digest = photo.thumbnail, thumbnails[digest] == nil else { return }
        thumbnails[digest] = try? await file.device.thumbnail(digest)
    }

    private func add(
        _ picture: URL, _ origin: PhotoOrigin, slot: String, shutter: UInt64?, fix: PlaceFix?
    ) async -> Bool {
        let (device, id) = (file.device, file.id)
        let adding = Task {
            try await device.addPhoto(
                at: picture, to: id, origin: origin, slot: slot, shutter: shutter, fix: fix)
        }
        current = adding
        lastKept = await keeping.run { try await adding.value }
        current = nil
        try? FileManager.default.removeItem(at: picture)
        guard lastKept != nil else { return false }
        await file.load()
        return true
    }

    private func slot(
        _ id: String, _ names: (String, String), _ screen: CaseScreen, _ standing: [PhotoView]
    ) -> ShotSlot {
        let missing = screen.shotsMissing.filter { $0.id == id }.map(\.count).max() ?? 0
        return ShotSlot(
            id: id, zh: names.0, en: names.1,
            photos: standing.filter { $0.slot == id }, missing: missing)
    }

    private var contract: String? {
        let report = file.screen.content.value?.sections.first { $0.key == "report" }
        return report?.rows.first?.fields.first { $0.name == "contract" }?.value
    }
}
