import Foundation
import LossbookFFI

/// This phone's Lossbook: reports, photos, disputes, signatures and what head office said of them,
/// kept encrypted in one folder and usable without a network.
///
/// Every method returns when the core has answered, and blocks nothing meanwhile: calls run on a
/// queue of their own. What a method saved survives a power cut. Errors are `LossbookError`.
/// Cancelling the task of a photo or a bundle stops the work and keeps nothing half-done.
///
/// ```swift
/// let device = try await FieldDevice.open(home: folder, keys: KeychainKeyStore(label: "lossbook"))
/// let saved = try await device.report([FieldEdit(name: "household", value: "农户张三")])
/// try await device.addPhoto(at: photo, to: saved.id, origin: .camera)
/// ```
public final class FieldDevice: Sendable {
    let core: Lossbook
    let work: WorkQueue
    let exchange: WorkQueue
    private let board: ChangeBoard

    /// Opens the device of a folder, or makes a new one if there is none.
    ///
    /// - Parameters:
    ///   - home: a folder of the app's own, not in a shared container and not backed up.
    ///   - keys: what keeps the store's key: `KeychainKeyStore` on a phone.
    ///   - clock: the clocks; those of the machine if left out.
    ///   - location: gives the last known place to photos and signatures that bring none.
    ///   - pictures: reads pictures that the core has no decoder for, such as HEIC.
    ///   - log: takes lines with codes and counts, never with names, places or amounts.
    /// - Throws: `LossbookError.Locked` while the key store must be unlocked, `.MadeByNewerApp`,
    ///   `.StorageDamaged`; the folder is left as it was.
    public static func open(
        home: URL,
        keys: any HostKeyStore,
        clock: any HostClock = SystemClock(),
        location: (any HostLocation)? = nil,
        pictures: (any HostPictures)? = nil,
        log: (any HostLog)? = nil
    ) async throws -> FieldDevice {
        let parts = HostParts(
            keys: keys,
            clock: clock,
            random: nil,
            room: FreeRoom(of: home.deletingLastPathComponent()),
            location: location,
            pictures: pictures,
            log: log
        )
        let work = WorkQueue("org.lossbook.record")
        let core = try await work.run {
            try FileManager.default.createDirectory(
                at: home.deletingLastPathComponent(), withIntermediateDirectories: true)
            return try Lossbook.openOrCreate(home: home.path, host: parts)
        }
        return FieldDevice(core: core, work: work)
    }

    /// Whether a folder holds a device.
    public static func exists(at home: URL) -> Bool {
        homeExists(home: home.path)
    }

    private init(core: Lossbook, work: WorkQueue) {
        self.core = core
        self.work = work
        exchange = WorkQueue("org.lossbook.exchange")
        board = ChangeBoard()
        core.observe(observer: board)
    }

    /// Closes the store. Calls that are going on end first; later ones throw
    /// `LossbookError.WrongState` with the code `closed`. Closing twice does no harm.
    public func close() async {
        await work.answer { [core] in core.closeHome() }
        board.finish()
    }

    /// What changes from now on, until the device is closed or the loop is left: case ids,
    /// progress, things that want attention. Several loops may listen at the same time.
    public func changes() -> AsyncStream<Change> {
        board.listen()
    }

    /// Runs one call of the generated class that has no method here yet.
    public func call<Value: Sendable>(
        _ body: @escaping @Sendable (Lossbook) throws -> Value
    ) async throws -> Value {
        try await work.run { [core] in try body(core) }
    }

    /// Runs a call that stops when the task is cancelled.
    func cancellable<Value: Sendable>(
        _ body: @escaping @Sendable (Lossbook, Cancellation) throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await call { core in try body(core, cancellation) }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
