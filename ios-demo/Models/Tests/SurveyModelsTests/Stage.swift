import Foundation
import LossbookKit
import SurveyModels

/// A phone for one test: a folder of its own, keys in memory, and a network that can be taken away.
@MainActor
final class Stage {
    let folder: URL
    let keys = StageKeys()
    let network = StageNetwork()

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("survey-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    var surroundings: Surroundings {
        Surroundings(
            home: folder.appendingPathComponent("home"),
            passing: folder.appendingPathComponent("passing"),
            keys: keys,
            foreground: network,
            background: network
        )
    }

    func session() -> Session {
        Session(surroundings, language: .zh)
    }

    func device() async throws -> FieldDevice {
        try await FieldDevice.open(home: surroundings.home, keys: keys)
    }

    /// A reported case with one line.
    func priced(_ device: FieldDevice, household: String = "农户张三") async throws -> CaseFile {
        let saved = try await device.report([FieldEdit(name: "household", value: household)])
        try await device.addRow(
            to: "lines", of: saved.id,
            fields: [
                FieldEdit(name: "item", value: "瓦片"), FieldEdit(name: "amount", value: "950"),
            ])
        let file = CaseFile(device, id: saved.id)
        await file.load()
        return file
    }

    /// A small picture where the camera would write one.
    func shoot(_ file: URL, number: Int = 0) throws {
        try StagePicture.bytes(number).write(to: file)
    }
}

/// Keeps the store's key for a test only; it can be locked.
final class StageKeys: HostKeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var isLocked = false

    func setLocked(_ locked: Bool) {
        lock.lock()
        defer { lock.unlock() }
        isLocked = locked
    }

    func wrap(key: Data) throws -> Data { try turned(key) }

    func unwrap(wrapped: Data) throws -> Data { try turned(wrapped) }

    private func turned(_ bytes: Data) throws -> Data {
        lock.lock()
        defer { lock.unlock() }
        if isLocked { throw HostError.Locked }
        return Data(bytes.map { $0 ^ 0x3c })
    }
}

/// A phone without a network, as most villages are.
final class StageNetwork: HubTransport {
    func send(_ request: HubRequest) async throws -> HubAnswer {
        throw TransportError.NoNetwork
    }
}

/// A drawn picture; every number gives other bytes.
enum StagePicture {
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
