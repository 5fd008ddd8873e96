import LossbookKit
import SurveyModels
import SwiftUI

/// Who works with this phone; letting the first or another person in; the language.
struct PeopleScreen: View {
    @Environment(Session.self) private var session
    @State private var people: People?

    var body: some View {
        NavigationStack {
            Form {
                who
                if let people {
                    enrol(people)
                    list(people)
                }
                language
            }
            .navigationTitle(Phrase.people.text(in: session.language))
        }
        .task {
            let made = People(session)
            people = made
            await made.load()
        }
    }

    @ViewBuilder
    private var who: some View {
        if case .open(_, let status) = session.phase {
            LabeledContent(Phrase.signedInAs.text(in: session.language)) {
                Text(verbatim: status.user ?? "–")
            }
            LabeledContent(Phrase.entriesLeft.text(in: session.language)) {
                Text(status.entriesWaiting, format: .number)
            }
            LabeledContent(Phrase.photosLeft.text(in: session.language)) {
                Text(status.photosWaiting, format: .number)
            }
            StatePart(state: status.state)
        } else {
            Text(Phrase.notEnrolled.text(in: session.language))
        }
    }

    private func enrol(_ people: People) -> some View {
        Section {
            Text(Phrase.enrolHint.text(in: session.language)).font(.callout)
            TextField(
                Phrase.enrolCode.text(in: session.language), text: Bindable(people).code,
                axis: .vertical
            )
            .textInputAutocapitalization(.never)
            .autocorrectionDisabled()
            Button(enrolPhrase.text(in: session.language)) { Task { await people.letIn() } }
                .disabled(people.code.isEmpty || session.enrolling.isGoing)
            WorkPart(work: session.enrolling)
        }
    }

    /// The first person makes the phone known; later ones share it.
    private var enrolPhrase: Phrase {
        if case .open = session.phase { .enrolMore } else { .enrol }
    }

    private func list(_ people: People) -> some View {
        Section {
            ContentPart(content: people.list.content, empty: .notEnrolled) { all in
                ForEach(all, id: \.user) { person in
                    Button {
                        Task { await people.signIn(person.user) }
                    } label: {
                        LabeledContent(person.user) {
                            if person.signedIn { Image(systemName: "checkmark") }
                        }
                    }
                }
            }
        }
    }

    private var language: some View {
        Picker(selection: Bindable(session).language) {
            Text(verbatim: "简体中文").tag(Language.zh)
            Text(verbatim: "English").tag(Language.en)
        } label: {
            Image(systemName: "globe")
        }
    }
}
