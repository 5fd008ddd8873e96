import CoreLocation
import Foundation
import LossbookKit

/// The newest place that the phone knows. The core asks for it when a photo or a signature brings
/// none; whether it is believed is the core's business.
final class PhoneLocation: NSObject, HostLocation, CLLocationManagerDelegate, @unchecked Sendable {
    private let lock = NSLock()
    private var newest: CLLocation?
    @MainActor private var manager: CLLocationManager?

    /// Asks the person, and listens from then on.
    @MainActor
    func begin() {
        guard manager == nil else { return }
        let manager = CLLocationManager()
        manager.delegate = self
        manager.desiredAccuracy = kCLLocationAccuracyBest
        manager.requestWhenInUseAuthorization()
        manager.startUpdatingLocation()
        self.manager = manager
    }

    func lastFix() -> PlaceFix? {
        guard let place = lock.withLock({ newest }), place.horizontalAccuracy >= 0 else { return nil }
        let age = max(0, -place.timestamp.timeIntervalSinceNow * 1000)
        return PlaceFix(
            lat: place.coordinate.latitude,
            lon: place.coordinate.longitude,
            accuracyM: place.horizontalAccuracy,
            altM: place.verticalAccuracy > 0 ? place.altitude : nil,
            satellitesMs: nil,
            ageMs: UInt32(min(age, Double(UInt32.max))),
            mocked: place.sourceInformation?.isSimulatedBySoftware ?? false
        )
    }

    func locationManager(_ manager: CLLocationManager, didUpdateLocations locations: [CLLocation]) {
        lock.withLock { newest = locations.last ?? newest }
    }

    func locationManager(_ manager: CLLocationManager, didFailWithError error: any Error) {
        // The last place stays, with its age.
    }
}
