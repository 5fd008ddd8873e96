import LossbookKit
import SurveyModels
import SwiftUI

/// The exchange with head office: how far it is, what is left, how the last ones ended.
struct ExchangeScreen: View {
    @Environment(Session.self) private var session
    let exchange: Exchange

    var body: some View {
        NavigationStack {
            List {
                now
                left
                past
            }
            .navigationTitle(Phrase.exchange.text(in: session.language))
        }
        .task { await exchange.follow() }
    }

    private var now: some View {
        Section {
            Text(exchange.summary(in: session.language))
            if case .going(let progress?) = exchange.state {
                count(.entriesLeft, progress.entriesLeft)
                count(.photosLeft, progress.photosLeft)
                count(.bytesLeft, progress.photoBytesLeft)
            }
            if case .problem(let problem) = exchange.state { ProblemPart(problem: problem) }
            if exchange.isGoing {
                Button(Phrase.stopExchange.text(in: session.language)) { exchange.stop() }
            } else {
                Button(Phrase.startExchange.text(in: session.language)) {
                    Task {
                        await exchange.start()
                        await session.refresh()
                    }
                }
            }
        }
    }

    private var left: some View {
        Section {
            ContentPart(content: exchange.unfinished.content, empty: .nothingLeft) { cases in
                ForEach(cases, id: \.number) { one in
                    VStack(alignment: .leading) {
                        Text(verbatim: one.number)
                        StatePart(state: one.state)
                        count(.entriesLeft, one.entriesLeft)
                        count(.photosLeft, one.photosLeft)
                    }
                }
            }
        }
    }

    private var past: some View {
        Section(Phrase.lastExchange.text(in: session.language)) {
            ContentPart(content: exchange.log.content, empty: .neverExchanged) { notes in
                ForEach(notes, id: \.beganMs) { note in
                    LabeledContent(note.name(in: session.language)) {
                        Text(
                            Date(timeIntervalSince1970: Double(note.endedMs) / 1000), format: .dateTime)
                    }
                }
            }
        }
    }

    private func count(_ phrase: Phrase, _ number: UInt64) -> some View {
        LabeledContent(phrase.text(in: session.language)) {
            Text(number, format: .number).monospacedDigit()
        }
    }
}
