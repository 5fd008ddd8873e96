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
        // The platforms put different types of number there.
        switch facts?[.systemFreeSize] {
        case let bytes as UInt64: return bytes
        case let bytes as Int: return UInt64(max(0, bytes))
        case let bytes as NSNumber: return bytes.uint64Value
        default: return nil
        }
    }
}
