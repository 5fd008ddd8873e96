import Foundation
import LossbookFFI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The clocks of this machine, as the core asks for them: the wall, a count that runs on through
/// sleep, and a name for the present boot. With all three a clock that was set back is noticed.
public final class SystemClock: HostClock, Sendable {
    private let boot: String

    /// Reads the name of the boot once.
    public init() {
        boot = Self.bootName()
    }

    public func read() -> ClockReading {
        ClockReading(
            wallMs: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)),
            monoMs: Self.sinceBoot(),
            boot: boot
        )
    }

    private static func sinceBoot() -> UInt64 {
        var time = timespec()
        #if canImport(Darwin)
            let clock = CLOCK_MONOTONIC
        #else
            let clock = CLOCK_BOOTTIME
        #endif
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    private static func bootName() -> String {
        #if canImport(Darwin)
            var length = 0
            guard sysctlbyname("kern.bootsessionuuid", nil, &length, nil, 0) == 0, length > 1 else {
                return "unknown"
            }
            var bytes = [UInt8](repeating: 0, count: length)
            guard sysctlbyname("kern.bootsessionuuid", &bytes, &length, nil, 0) == 0 else {
                return "unknown"
            }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        #else
            let file = "/proc/sys/kernel/random/boot_id"
            let text = try? String(contentsOfFile: file, encoding: .utf8)
            return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
        #endif
    }
}
