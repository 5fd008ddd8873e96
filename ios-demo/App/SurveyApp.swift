import LossbookKit
import SurveyModels
import SwiftUI
import UIKit

@main
struct SurveyApp: App {
    @UIApplicationDelegateAdaptor(PhoneDelegate.self) private var delegate
    @State private var session = Session(
        Platform.surroundings,
        language: .preferred(among: Locale.preferredLanguages)
    )

    var body: some Scene {
        WindowGroup {
            RootScreen()
                .environment(session)
                .task { await session.start() }
        }
    }
}

/// Takes the system's word that uploads ended while the app was suspended.
final class PhoneDelegate: NSObject, UIApplicationDelegate {
    func application(
        _ application: UIApplication,
        handleEventsForBackgroundURLSession identifier: String,
        completionHandler: @escaping () -> Void
    ) {
        let handler = Drained(completionHandler)
        Platform.background.whenDrained {
            Task { @MainActor in handler.call() }
        }
    }
}

/// The system's handler, which belongs to the main thread, on its way through another one.
private final class Drained: @unchecked Sendable {
    private let handler: () -> Void

    init(_ handler: @escaping () -> Void) {
        self.handler = handler
    }

    @MainActor
    func call() {
        handler()
    }
}
