import LossbookKit
import SurveyModels
import SwiftUI

/// What is shown before there is a device, and the tabs once there is one.
struct RootScreen: View {
    @Environment(Session.self) private var session

    var body: some View {
        switch session.phase {
        case .opening:
            ProgressView(Phrase.loading.text(in: session.language))
        case .problem(let problem):
            ProblemPart(problem: problem) { await session.start() }
        case .stranger:
            PeopleScreen()
        case .open(let device, _):
            Tabs(device: device, surroundings: session.surroundings)
                .task { Platform.location.begin() }
        }
    }
}

private struct Tabs: View {
    @Environment(Session.self) private var session
    @State private var exchange: Exchange
    private let device: FieldDevice

    init(device: FieldDevice, surroundings: Surroundings) {
        self.device = device
        _exchange = State(initialValue: Exchange(device, surroundings: surroundings))
    }

    var body: some View {
        TabView {
            TaskListScreen(device: device)
                .tabItem { Label(Phrase.tasks.text(in: session.language), systemImage: "list.bullet") }
            ExchangeScreen(exchange: exchange)
                .tabItem {
                    Label(
                        Phrase.exchange.text(in: session.language),
                        systemImage: "arrow.triangle.2.circlepath")
                }
            BundlesScreen(device: device)
                .tabItem {
                    Label(Phrase.bundles.text(in: session.language), systemImage: "shippingbox")
                }
            PeopleScreen()
                .tabItem { Label(Phrase.people.text(in: session.language), systemImage: "person.2") }
        }
        .task {
            await LinkWatch.follow { link in
                Task { await exchange.linkChanged(to: link) }
            }
        }
    }
}
