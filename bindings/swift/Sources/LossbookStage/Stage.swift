import Foundation
import LossbookKit

/// What tests of an app need: a folder of their own, a phone that head office knows, keys that can
/// be locked, pictures to take. No part of an app.
public final class Stage: Sendable {
    /// What `cargo xtask swift-sources` puts beside the package.
    public struct Missing: Error, CustomStringConvertible {
        public let description: String
    }

    public let folder: URL
    public let keys = StageKeys()

    public init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lossbook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Where libraries, program and fixtures lie.
    static let lib = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("lib")

    public var home: URL { folder.appendingPathComponent("home") }

    /// A phone that is new: head office does not know it.
    public func newDevice() async throws -> FieldDevice {
        try await FieldDevice.open(home: home, keys: keys)
    }

    /// A surveyor's phone that was enrolled before, without a network now. It holds one case.
    public func enrolledDevice() async throws -> FieldDevice {
        try layEnrolledHome()
        return try await newDevice()
    }

    /// Puts a home there as `enrolledDevice()` opens it.
    public func layEnrolledHome() throws {
        let fixture = Self.lib.appendingPathComponent("home")
        guard FileManager.default.fileExists(atPath: fixture.path) else {
            throw Missing(description: "no \(fixture.path): run cargo xtask swift-sources")
        }
        try FileManager.default.copyItem(at: fixture, to: home)
    }

    /// A small picture as a file; every number gives other bytes.
    public func photo(_ number: Int = 0) throws -> URL {
        let file = folder.appendingPathComponent("photo-\(number).jpg")
        try Picture.bytes(number).write(to: file)
        return file
    }

    public var syncOptions: SyncOptions {
        SyncOptions(bodiesIn: folder.appendingPathComponent("bodies"), patienceMs: 5_000)
    }
}

/// Keeps the store's key as the homes under `fixtures/stores` have theirs: every byte XORed with
/// 0x5A. It can be locked. For tests only.
public final class StageKeys: HostKeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var isLocked = false

    public init() {}

    public func setLocked(_ locked: Bool) {
        lock.lock()
        defer { lock.unlock() }
        isLocked = locked
    }

    public func wrap(key: Data) throws -> Data {
        try turned(key)
    }

    public func unwrap(wrapped: Data) throws -> Data {
        try turned(wrapped)
    }

    private func turned(_ bytes: Data) throws -> Data {
        lock.lock()
        defer { lock.unlock() }
        if isLocked { throw HostError.Locked }
        return Data(bytes.map { $0 ^ 0x5a })
    }
}

/// A transport for a phone without a network.
public struct NoNetwork: HubTransport {
    public init() {}

    public func send(_ request: HubRequest) async throws -> HubAnswer {
        throw TransportError.NoNetwork
    }
}

/// What a test takes a photo of.
public enum Picture {
    /// A drawn picture with a comment behind its first marker, which every reader skips.
    public static func bytes(_ number: Int) -> Data {
        let comment = Data("picture \(number)".utf8)
        let length = UInt16(comment.count + 2)
        var all = Data(drawn.prefix(2))
        all.append(contentsOf: [0xff, 0xfe, UInt8(length >> 8), UInt8(length & 0xff)])
        all.append(comment)
        all.append(drawn.dropFirst(2))
        return all
    }

    private static let drawn = Data(base64Encoded: base64)!

    private static let base64 = """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO
        UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P
        T09PT09PT0//wAARCAAgADADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABAUG/8QAIRAAAQMEAwADAAAAAAAAAAAAAgAB
        BBESITEDFFEFcbH/xAAWAQEBAQAAAAAAAAAAAAAAAAAFBgT/xAAhEQABAwMEAwAAAAAAAAAAAAAAAwQFAQIREyEiIzJBsf/aAAwD
        AQACEQMRAD8AsRpY0bKSUsbdrHRppUbKSU0rdoVKP3FkmHWWZEsc5Q+2N21DkzS9Q+6V21RNI/YmXzDmbaLLGrZVbhmAw1d2WBiz
        Sq2U8/kSEGBny7Z+loct7W6VVLvQlGx9a0wEjQippJKEVuloo0IaNhKKENukGk45CaUh1mEkwi8Q+kV2luJEIfELpDdpUbRxsTL6
        Q5kCPEcBudnoyRxxDJ3J2y6tNFEjYGZqN+qhwQhppT0xK6y2lb42/RmLfYtyf//Z
        """.filter { !$0.isWhitespace }
}
