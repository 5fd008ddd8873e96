import Foundation
import LossbookFFI

extension FieldDevice {
    /// Who a bundle can be encrypted to: head office, and phones that work in a scope of this one.
    public func receivers() async throws -> [ReceiverView] {
        try await call { try $0.receivers() }
    }

    /// Writes a bundle that goes from hand to hand without a network.
    ///
    /// - Parameters:
    ///   - receivers: ids of `receivers()`; head office if empty.
    ///   - cases: only these; all if empty.
    ///   - partBytes: cut it into files of at most so many bytes.
    public func exportBundle(
        to file: URL,
        receivers: [String] = [],
        cases: [String] = [],
        originals: Bool = true,
        partBytes: UInt64? = nil
    ) async throws -> ExportedBundle {
        let new = NewBundle(
            path: file.path, to: receivers, cases: cases, originals: originals, partBytes: partBytes)
        return try await cancellable { core, cancellation in
            try core.exportBundle(new: new, cancel: cancellation)
        }
    }

    /// Takes in a bundle, however often and in whatever order they come.
    public func importBundle(at file: URL) async throws -> ImportedBundle {
        let path = file.path
        return try await cancellable { core, cancellation in
            try core.importBundle(path: path, cancel: cancellation)
        }
    }

    /// Takes a bundle along for somebody else, unread, and hands it in with the next exchange.
    @discardableResult
    public func carry(_ file: URL) async throws -> CarriedView {
        let path = file.path
        return try await call { try $0.carry(path: path) }
    }

    /// The bundles carried for others.
    public func carried() async throws -> [CarriedView] {
        try await call { try $0.carried() }
    }

    /// Hands a carried bundle on to a person, as a file.
    @discardableResult
    public func giveCarried(_ digest: String, to file: URL) async throws -> CarriedView {
        let path = file.path
        return try await call { try $0.giveCarried(digest: digest, path: path) }
    }

    /// What came in and is kept outside the record, with the reason.
    public func outside() async throws -> [OutsideView] {
        try await call { try $0.outside() }
    }

    /// Writes it to a file for head office and gives the number of items.
    @discardableResult
    public func exportOutside(to file: URL) async throws -> UInt64 {
        let path = file.path
        return try await call { try $0.exportOutside(path: path) }
    }
}
