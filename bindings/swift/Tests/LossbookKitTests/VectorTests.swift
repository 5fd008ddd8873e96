import Foundation
import LossbookKit
import Testing

/// A thousand seeded cases, each with the assessment that Rust gave; `cargo xtask swift-sources` puts
/// them beside the library.
@Suite("The same assessments as in Rust")
struct VectorTests {
    fileprivate static let file = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("lib/vectors.jsonl")

    /// One line: `{"number":…,"pack":"…","at":"…","case":{…},"assessment":{…}}`, cut as text, since
    /// its bytes are what is compared.
    private struct Vector {
        let pack: String
        let at: String
        let caseJson: String
        let assessment: String

        init(_ line: Substring) throws {
            let pack = try #require(line.range(of: ",\"pack\":\""))
            let at = try #require(line.range(of: "\",\"at\":\""))
            let caseStart = try #require(line.range(of: "\",\"case\":"))
            let answer = try #require(line.range(of: ",\"assessment\":"))
            self.pack = String(line[pack.upperBound..<at.lowerBound])
            self.at = String(line[at.upperBound..<caseStart.lowerBound])
            caseJson = String(line[caseStart.upperBound..<answer.lowerBound])
            assessment = String(line[answer.upperBound...].dropLast())
        }
    }

    @Test(
        "a thousand cases are judged byte for byte alike",
        .enabled(if: FileManager.default.fileExists(atPath: VectorTests.file.path), "needs lib/vectors.jsonl"))
    func vectors() throws {
        let text = try String(contentsOf: VectorTests.file, encoding: .utf8)
        var count = 0
        for line in text.split(separator: "\n") {
            let vector = try Vector(line)
            let answer = try assess(caseJson: vector.caseJson, pack: vector.pack, at: vector.at)
            if answer != vector.assessment { Issue.record("line \(count + 1) of the vectors") }
            count += 1
        }
        #expect(count == 1_000)
    }
}
