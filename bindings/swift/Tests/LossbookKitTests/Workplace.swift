import Foundation
import LossbookKit

/// A folder of its own for one test, with a device in it.
final class Workplace: Sendable {
    let folder: URL
    let keys = TestKeys()

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lossbook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    var home: URL { folder.appendingPathComponent("home") }

    func device(clock: any HostClock = SystemClock()) async throws -> FieldDevice {
        try await FieldDevice.open(home: home, keys: keys, clock: clock)
    }

    /// A small picture; every number gives other bytes.
    func photo(_ number: Int = 0) throws -> URL {
        let file = folder.appendingPathComponent("photo-\(number).jpg")
        try Picture.bytes(number).write(to: file)
        return file
    }

    var syncOptions: SyncOptions {
        SyncOptions(bodiesIn: folder.appendingPathComponent("bodies"), patienceMs: 5_000)
    }
}

/// Keeps the store's key like a platform's key store, for a test only: it can be locked.
final class TestKeys: HostKeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var isLocked = false

    func setLocked(_ locked: Bool) {
        lock.lock()
        defer { lock.unlock() }
        isLocked = locked
    }

    func wrap(key: Data) throws -> Data {
        try turned(key)
    }

    func unwrap(wrapped: Data) throws -> Data {
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
struct NoNetwork: HubTransport {
    func send(_ request: HubRequest) async throws -> HubAnswer {
        throw TransportError.NoNetwork
    }
}

/// What a test takes a photo of.
enum Picture {
    /// A drawn picture with a comment behind its first marker, which every reader skips.
    static func bytes(_ number: Int) -> Data {
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
