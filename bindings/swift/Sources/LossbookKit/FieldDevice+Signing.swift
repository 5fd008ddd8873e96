import Foundation
import LossbookFFI

extension FieldDevice {
    /// The text that would be signed now, with its digest.
    public func statement(
        of id: String, kind: StatementKind = .estimate, language: Language = .zh
    ) async throws -> StatementView {
        let wanted = StatementWish(kind: kind, language: language)
        return try await call { try $0.statement(case: id, wanted: wanted) }
    }

    /// Freezes the statement and signs it, or records that the person refused.
    ///
    /// - Throws: `LossbookError.WrongState` with the code `statement_changed` when the case reads
    ///   otherwise than what was shown: show it again.
    @discardableResult
    public func sign(_ new: NewSignature, of id: String) async throws -> SignedView {
        try await call { try $0.sign(case: id, new: new) }
    }

    /// Takes a signature back.
    public func revokeSignature(_ signature: String, of id: String, reason: String) async throws {
        try await call {
            try $0.revokeSignature(case: id, signature: signature, reason: reason)
        }
    }

    /// Says, as a second person on a second phone, to have seen a signature made.
    public func witnessSignature(_ signature: String, of id: String) async throws {
        try await call { try $0.witnessSignature(case: id, signature: signature) }
    }

    /// Writes all that a stranger needs to verify a signature.
    public func writeStatementPacket(
        _ signature: String, of id: String, to file: URL
    ) async throws {
        let path = file.path
        try await call {
            try $0.writeStatementPacket(case: id, signature: signature, path: path)
        }
    }
}
