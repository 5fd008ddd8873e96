import LossbookKit
import SurveyModels
import SwiftUI
import UniformTypeIdentifiers

/// Handing over without a network.
struct BundlesScreen: View {
    @Environment(Session.self) private var session
    @State private var bundles: Bundles?
    @State private var isChoosing = false
    let device: FieldDevice

    var body: some View {
        NavigationStack {
            Form {
                Text(Phrase.bundleHint.text(in: session.language)).font(.callout)
                if let bundles {
                    receivers(bundles)
                    WorkPart(work: bundles.working)
                    made(bundles)
                    taken(bundles)
                }
            }
            .navigationTitle(Phrase.bundles.text(in: session.language))
        }
        .fileImporter(isPresented: $isChoosing, allowedContentTypes: [.lossbundle, .data]) { chosen in
            if case .success(let file) = chosen { Task { await take(file) } }
        }
        .onOpenURL { file in Task { await take(file) } }
        .task {
            let made = Bundles(device, surroundings: session.surroundings)
            bundles = made
            await made.load()
        }
    }

    private func receivers(_ bundles: Bundles) -> some View {
        Section {
            ContentPart(content: bundles.receivers.content, empty: .notEnrolled) { receivers in
                ForEach(receivers, id: \.id) { receiver in
                    Toggle(isOn: isChosen(receiver, in: bundles)) {
                        Text(
                            verbatim: receiver.kind == "hub"
                                ? Phrase.toHeadOffice.text(in: session.language) : receiver.user)
                    }
                }
            }
            Button(Phrase.share.text(in: session.language), systemImage: "square.and.arrow.up") {
                Task { await bundles.make() }
            }
            Button(Phrase.receive.text(in: session.language), systemImage: "square.and.arrow.down") {
                isChoosing = true
            }
        }
        .disabled(bundles.working.isGoing)
    }

    @ViewBuilder
    private func made(_ bundles: Bundles) -> some View {
        ForEach(bundles.made, id: \.self) { file in
            ShareLink(item: file)
        }
    }

    @ViewBuilder
    private func taken(_ bundles: Bundles) -> some View {
        if let taken = bundles.taken {
            Section {
                Text(verbatim: taken.maker)
                Text(verbatim: taken.cases.joined(separator: "\n"))
                if !taken.complete { Text(Phrase.waitingParts.text(in: session.language)) }
                if let problem = taken.problem {
                    Text(problem.sentence(in: session.language)).foregroundStyle(.orange)
                }
            }
        }
    }

    private func isChosen(_ receiver: ReceiverView, in bundles: Bundles) -> Binding<Bool> {
        Binding {
            bundles.chosen.contains(receiver.id)
        } set: { isOn in
            if isOn {
                _ = bundles.chosen.insert(receiver.id)
            } else {
                _ = bundles.chosen.remove(receiver.id)
            }
        }
    }

    /// Files of other apps are lent for a moment only.
    private func take(_ file: URL) async {
        let isLent = file.startAccessingSecurityScopedResource()
        defer { if isLent { file.stopAccessingSecurityScopedResource() } }
        await bundles?.take(file)
    }
}

extension UTType {
    /// What Info.plist declares for `.lossbundle`.
    static let lossbundle = UTType(exportedAs: "org.lossbook.bundle")
}
