import Foundation
import LossbookFFI

/// How much room the disk of a folder has left. The core keeps a reserve for reports and
/// signatures, and refuses a photo before it would eat into it.
public final class FreeRoom: HostRoom, Sendable {
    private let folder: String

    /// - Parameter folder: the folder that holds the home, or will.
    public init(of folder: URL) {
        self.folder = folder.path
    }

    public func freeBytes() -> UInt64? {
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (facts?[.systemFreeSize] as? NSNumber)?.uint64Value
    }
}
