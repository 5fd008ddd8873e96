import Foundation
import LossbookKit

// From nothing to a saved case with a photo, as docs/embedding.md shows it: the lines between the
// two markers stand there word for word.
enum FirstCase {
    // begin sample
    /// Reports a loss with a photo and gives the case's number.
    static func report(
        home: URL, keys: any HostKeyStore, code: String, photo: URL
    ) async throws -> String {
        let device = try await FieldDevice.open(home: home, keys: keys)
        if try await device.status().user == nil {
            // Once, by the code that head office gave out: the one step that needs a network.
            try await device.enrol(code: code, over: URLSessionTransport())
        }
        let saved = try await device.report([
            FieldEdit(name: "household", value: "农户张三"),
            FieldEdit(name: "cause", value: "hail"),
            FieldEdit(name: "contract", value: "huzhu-rural-housing"),
        ])
        let shutter = try await device.openShutter()
        // The camera writes `photo` into the app's sandbox here.
        let added = try await device.addPhoto(
            at: photo, to: saved.id, origin: .camera, slot: "whole_house", shutter: shutter.number)
        try FileManager.default.removeItem(at: photo)
        let screen = try await device.screen(of: saved.id)
        print(saved.number, screen.row.state, "photos: \(screen.photos.count)", added.digest)
        await device.close()
        return saved.number
    }
    // end sample
}
