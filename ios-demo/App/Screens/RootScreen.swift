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
        case .stranger(let device), .open(let device, _):
            Tabs(device: device)
                .task { Platform.location.begin() }
        }
    }
}

private struct Tabs: View {
    @Environment(Session.self) private var session
    let device: FieldDevice

    var body: some View {
        TabView {
            TaskListScreen(device: device)
                .tabItem { Label(Phrase.tasks.text(in: session.language), systemImage: "list.bullet") }
            ExchangeScreen(device: device)
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
    }
}
