import LossbookKit
import Observation

/// Signing a statement: its text is shown, the ink is drawn, and both are kept together.
@MainActor
@Observable
public final class Signing {
    public let file: CaseFile
    public let statement = Loading<StatementView>()
    public let signing = Work()
    public var signer = ""
    public var kind = StatementKind.estimate
    /// Finished strokes and the one being drawn, in the units of the canvas.
    public private(set) var strokes: [[InkPoint]] = []
    /// Whether the text changed since the signer read it.
    public private(set) var hasChanged = false

    private var language = Language.zh
    private var width: UInt32 = 1
    private var height: UInt32 = 1

    public init(_ file: CaseFile) {
        self.file = file
    }

    /// Reads the text to sign.
    public func load(in language: Language) async {
        self.language = language
        let (device, id, kind) = (file.device, file.id, self.kind)
        await statement.load { try await device.statement(of: id, kind: kind, language: language) }
    }

    /// The canvas as it is laid out now. Ink drawn on another one is not stretched: it is cleared.
    public func layOut(width: UInt32, height: UInt32) {
        if (width, height) != (self.width, self.height) { clear() }
        (self.width, self.height) = (width, height)
    }

    /// The pen touches the canvas.
    public func penDown(_ point: InkPoint) {
        strokes.append([point])
    }

    /// The pen moves on.
    public func penMoved(_ point: InkPoint) {
        guard !strokes.isEmpty else { return penDown(point) }
        strokes[strokes.count - 1].append(point)
    }

    public func clear() {
        strokes = []
    }

    /// Keeps the signature.
    @discardableResult
    public func sign() async -> SignedView? {
        guard !strokes.isEmpty else {
            signing.refuse(Problem(code: "no_ink", .inkMissing, remedy: .field("ink")))
            return nil
        }
        return await keep(.signed, reason: nil, saying: .signedNow)
    }

    /// Records that the person refused, and why.
    @discardableResult
    public func refuse(reason: String) async -> SignedView? {
        await keep(.refused, reason: reason.isEmpty ? nil : reason, saying: .refusedNow)
    }

    private func keep(_ act: SignAct, reason: String?, saying phrase: Phrase) async -> SignedView? {
        guard let shown = statement.content.value else { return nil }
        let new = NewSignature(
            signer: signer,
            act: act,
            wanted: StatementWish(kind: kind, language: language),
            shownSha256: shown.textSha256,
            strokes: act == .signed ? strokes.map { InkStroke(points: $0) } : [],
            width: width,
            height: height,
            reason: reason
        )
        let (device, id) = (file.device, file.id)
        let signed = await signing.run(saying: phrase) { try await device.sign(new, of: id) }
        hasChanged = signing.isRefused(with: "statement_changed")
        if hasChanged {
            clear()
            await load(in: language)
        }
        if signed != nil {
            clear()
            await file.load()
        }
        return signed
    }
}

extension Work {
    /// Whether it failed with this code.
    func isRefused(with code: String) -> Bool {
        if case .problem(let problem) = state { problem.code == code } else { false }
    }
}
