#if !os(iOS)
    import Foundation

    /// A real hub beside the test: `lossbook hub` of the program that LOSSBOOK_PROGRAM names, or that
    /// lies beside the library.
    public final class HubProcess: @unchecked Sendable {
        public struct Failed: Error {
            public let words: [String]
            public let said: String
        }

        public static var program: String? {
            let beside = Stage.lib.appendingPathComponent("lossbook").path
            let named = ProcessInfo.processInfo.environment["LOSSBOOK_PROGRAM"] ?? beside
            return FileManager.default.isExecutableFile(atPath: named) ? named : nil
        }

        public let url: String
        private let program: String
        private let folder: URL
        private let server: Process

        public init(in folder: URL) throws {
            guard let program = Self.program else { throw Failed(words: [], said: "no program") }
            self.program = program
            self.folder = folder
            server = Process()
            server.executableURL = URL(fileURLWithPath: program)
            server.arguments = [
                "--json", "hub", "--data", folder.appendingPathComponent("hub").path,
                "serve", "--listen", "127.0.0.1:0",
            ]
            let output = Pipe()
            server.standardOutput = output
            server.standardError = FileHandle.nullDevice
            try server.run()
            let first = try Self.firstLine(of: output.fileHandleForReading)
            guard let url = Self.object(first)["url"] as? String else {
                server.terminate()
                throw Failed(words: ["serve"], said: first)
            }
            self.url = url
        }

        deinit {
            server.terminate()
            server.waitUntilExit()
        }

        /// An enrolment code for a new phone.
        public func invite(_ user: String, role: String = "surveyor") throws -> String {
            let said = try hub("invite", "--role", role, "--scope", "village", "--user", user, "--url", url)
            guard let code = said["invite"] as? String else {
                throw Failed(words: ["invite"], said: "\(said)")
            }
            return code
        }

        @discardableResult
        public func hub(_ words: String...) throws -> [String: Any] {
            try run(["--json", "hub", "--data", folder.appendingPathComponent("hub").path] + words)
        }

        @discardableResult
        public func office(_ words: String...) throws -> [String: Any] {
            let token = folder.appendingPathComponent("token")
            if !FileManager.default.fileExists(atPath: token.path) {
                let said = try hub("user", "add", "审核主管丙")
                try ((said["token"] as? String) ?? "").write(to: token, atomically: true, encoding: .utf8)
            }
            return try run(["--json", "office", "--hub", url, "--token-file", token.path] + words)
        }

        private func run(_ words: [String]) throws -> [String: Any] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = words
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            let said = String(decoding: bytes, as: UTF8.self)
            guard process.terminationStatus == 0 else { throw Failed(words: words, said: said) }
            return Self.object(said)
        }

        private static func firstLine(of output: FileHandle) throws -> String {
            var line = Data()
            while let byte = try output.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
                line.append(byte)
            }
            return String(decoding: line, as: UTF8.self)
        }

        private static func object(_ text: String) -> [String: Any] {
            let lines = text.split(separator: "\n")
            let last = lines.last.map { Data($0.utf8) } ?? Data()
            return (try? JSONSerialization.jsonObject(with: last)) as? [String: Any] ?? [:]
        }
    }
#endif
