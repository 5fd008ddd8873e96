import Foundation
import LossbookKit
import LossbookStage
import SurveyModels

extension Stage {
    var surroundings: Surroundings {
        Surroundings(
            home: home,
            passing: folder.appendingPathComponent("passing"),
            keys: keys,
            foreground: NoNetwork(),
            background: NoNetwork(),
            patienceMs: 2_000
        )
    }

    @MainActor
    func session() -> Session {
        Session(surroundings, language: .zh)
    }

    /// A reported case with one line.
    @MainActor
    func priced(_ device: FieldDevice, household: String = "农户李四") async throws -> CaseFile {
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
}
