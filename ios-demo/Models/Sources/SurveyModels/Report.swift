import LossbookKit
import Observation

/// Reporting a loss: the fields of the report, with the choices of the contract.
@MainActor
@Observable
public final class Report {
    /// The fields that the signed-in person may write.
    public let form = Loading<[FieldForm]>(isEmpty: { $0.isEmpty })
    public let saving = Work()
    public var entries: [Entry] = []
    /// The contract, by its id; its perils are the causes to choose from.
    public private(set) var contract: String?
    public private(set) var perils: [Choice] = []

    private let device: FieldDevice

    public init(_ device: FieldDevice) {
        self.device = device
    }

    /// The contracts under which losses are reported.
    public var contracts: [Choice] {
        let field = form.content.value?.first { $0.name == "contract" }
        return field?.choices ?? []
    }

    /// Reads the form.
    public func load() async {
        let device = self.device
        await form.load {
            let report = try await device.form().first { $0.key == "report" }
            return (report?.fields ?? []).filter { $0.mayWrite }
        }
        guard entries.isEmpty, let fields = form.content.value else { return }
        entries = fields.filter { $0.name != "contract" }.map { Entry($0) }
    }

    /// Chooses the contract.
    public func choose(_ id: String) async {
        contract = id
        perils = (try? await device.contract(id))?.perils ?? []
    }

    /// Saves the report and gives the case, or shows what is wrong at its field.
    public func save() async -> SavedCase? {
        entries.clearProblems()
        var edits = entries.filter { !$0.text.isEmpty }.map {
            FieldEdit(name: $0.field.name, value: $0.text)
        }
        if let contract { edits.append(FieldEdit(name: "contract", value: contract)) }
        let (device, fields) = (self.device, edits)
        let saved = await saving.run { try await device.report(fields) }
        if case .problem(let problem) = saving.state, entries.mark(problem) { saving.forget() }
        return saved
    }
}
