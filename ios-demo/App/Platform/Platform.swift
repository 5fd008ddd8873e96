import Foundation
import LossbookKit
import SurveyModels

/// What this phone gives the app.
enum Platform {
    /// Goes on with uploads while the app is suspended.
    static let background: URLSessionTransport = {
        let configuration = URLSessionConfiguration.background(
            withIdentifier: "org.lossbook.survey.exchange")
        configuration.sessionSendsLaunchEvents = true
        configuration.isDiscretionary = false
        return URLSessionTransport(configuration: configuration, manner: .background)
    }()

    static let location = PhoneLocation()

    static let surroundings = Surroundings(
        home: folder("home"),
        passing: folder("passing"),
        keys: KeychainKeyStore(label: "survey"),
        location: location,
        pictures: PhonePictures(),
        foreground: URLSessionTransport(),
        background: background,
        bodies: .files
    )

    /// A folder beside the app's documents, out of every backup: the key of the store stays on this
    /// phone, so a copy elsewhere could not be opened.
    private static func folder(_ name: String) -> URL {
        let base = URL.applicationSupportDirectory.appending(path: "Lossbook")
        let protection: [FileAttributeKey: Any] = [
            .protectionKey: FileProtectionType.completeUntilFirstUserAuthentication
        ]
        try? FileManager.default.createDirectory(
            at: base, withIntermediateDirectories: true, attributes: protection)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        var kept = base
        try? kept.setResourceValues(values)
        return base.appending(path: name)
    }
}
