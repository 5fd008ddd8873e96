import LossbookKit
import SurveyModels
import Testing

@Suite("Words")
struct WordsTests {
    @Test("every phrase says something of its own in both languages", arguments: Phrase.allCases)
    func bothLanguages(phrase: Phrase) {
        let (zh, en) = phrase.both
        #expect(!zh.isEmpty && !en.isEmpty && zh != en)
        #expect(zh.unicodeScalars.contains { $0.value >= 0x4e00 })
        #expect(en.unicodeScalars.allSatisfy { $0.value < 0x2e80 })
        #expect(phrase.text(in: .zh) == zh && phrase.text(in: .en) == en)
    }

    @Test("what is stopped on purpose is no problem")
    func stopping() {
        #expect(Problem(CancellationError()) == nil)
        #expect(Problem(TransportError.Cancelled) == nil)
    }

    @Test("no network, a weak one and a false certificate are told apart")
    func transport() {
        #expect(Problem(TransportError.NoNetwork)?.code == "no_network")
        #expect(Problem(TransportError.Cut)?.code == "weak_network")
        #expect(Problem(TransportError.Tls)?.remedy == .askOffice)
    }
}
