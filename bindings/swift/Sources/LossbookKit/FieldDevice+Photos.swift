import Foundation
import LossbookFFI

extension FieldDevice {
    /// Counts a shot before it is taken. A photo that brings the number proves that it was shot in
    /// this app; a number without a photo shows that one was thrown away.
    public func openShutter() async throws -> Shutter {
        try await call { try $0.openShutter() }
    }

    /// Adds a photo from a file in the app's sandbox. Its bytes are kept as they are, encrypted;
    /// the file is not needed afterwards. Cancelling the task keeps nothing.
    ///
    /// - Parameters:
    ///   - file: a file, or `/dev/fd/N` of an open descriptor.
    ///   - slot: the shot of the checklist that it fills.
    ///   - shutter: the number that `openShutter()` gave.
    /// - Throws: `LossbookError.StorageFull` when the reserve would be eaten into.
    @discardableResult
    public func addPhoto(
        at file: URL,
        to id: String,
        origin: PhotoOrigin,
        slot: String = "",
        caption: String = "",
        shutter: UInt64? = nil,
        fix: PlaceFix? = nil
    ) async throws -> AddedPhoto {
        let photo = NewPhoto(
            path: file.path, origin: origin, slot: slot, caption: caption, shutter: shutter, fix: fix)
        return try await cancellable { core, cancellation in
            try core.addPhoto(case: id, photo: photo, cancel: cancellation)
        }
    }

    /// Adds a video or a voice note, like a photo.
    @discardableResult
    public func addRecording(
        at file: URL, to id: String, origin: PhotoOrigin, slot: String = "", caption: String = ""
    ) async throws -> AddedPhoto {
        let recording = NewPhoto(
            path: file.path, origin: origin, slot: slot, caption: caption, shutter: nil, fix: nil)
        return try await cancellable { core, cancellation in
            try core.addRecording(case: id, recording: recording, cancel: cancellation)
        }
    }

    /// A small JPEG for lists. The one picture that crosses as bytes.
    public func thumbnail(_ digest: String) async throws -> Data {
        try await call { try $0.thumbnail(digest: digest) }
    }

    /// Writes the original into a file of the app, which removes it after showing it.
    public func writePhoto(_ digest: String, of id: String, to file: URL) async throws {
        let path = file.path
        try await call { try $0.writePhoto(case: id, digest: digest, path: path) }
    }

    /// Writes a smaller copy into a file of the app.
    public func writePreview(
        _ digest: String, of id: String, longSide: UInt32 = 2048, to file: URL
    ) async throws {
        let path = file.path
        try await call {
            try $0.writePreview(case: id, digest: digest, longSide: longSide, path: path)
        }
    }

    /// Lets go of originals that head office confirmed and whose cases are closed.
    @discardableResult
    public func letGo() async throws -> FreedView {
        try await call { try $0.letGo() }
    }
}
