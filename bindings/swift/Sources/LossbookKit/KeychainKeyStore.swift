#if canImport(Security)
    import Foundation
    import LossbookFFI
    import Security

    /// Wraps the store's key with a key pair of the Secure Enclave, which never leaves this phone.
    ///
    /// The private key is usable after the phone was unlocked once since it started, so that an
    /// exchange goes on behind a locked screen; it is in no backup and moves to no other phone.
    /// Where there is no enclave (a simulator), the pair is kept by the Keychain itself.
    public final class KeychainKeyStore: HostKeyStore, Sendable {
        private let tag: Data

        private static let algorithm = SecKeyAlgorithm
            .eciesEncryptionCofactorVariableIVX963SHA256AESGCM

        /// - Parameter label: tells the key pairs of several homes apart.
        public init(label: String) {
            tag = Data("org.lossbook.\(label)".utf8)
        }

        public func wrap(key: Data) throws -> Data {
            let pair = try findPair() ?? makePair()
            guard let publicKey = SecKeyCopyPublicKey(pair) else {
                throw HostError.Failed(reason: "no public key")
            }
            var error: Unmanaged<CFError>?
            let wrapped = SecKeyCreateEncryptedData(
                publicKey, Self.algorithm, key as CFData, &error)
            guard let wrapped else { throw Self.failure(error) }
            return wrapped as Data
        }

        public func unwrap(wrapped: Data) throws -> Data {
            guard let pair = try findPair() else {
                throw HostError.Failed(reason: "the key pair is not on this phone")
            }
            var error: Unmanaged<CFError>?
            let key = SecKeyCreateDecryptedData(pair, Self.algorithm, wrapped as CFData, &error)
            guard let key else { throw Self.failure(error) }
            return key as Data
        }

        private func findPair() throws -> SecKey? {
            let query: [CFString: Any] = [
                kSecClass: kSecClassKey,
                kSecAttrApplicationTag: tag,
                kSecAttrKeyType: kSecAttrKeyTypeECSECPrimeRandom,
                kSecUseDataProtectionKeychain: true,
                kSecReturnRef: true,
            ]
            var found: CFTypeRef?
            let status = SecItemCopyMatching(query as CFDictionary, &found)
            switch status {
            case errSecSuccess:
                guard let found, CFGetTypeID(found) == SecKeyGetTypeID() else {
                    throw HostError.Failed(reason: "the key store gave something else")
                }
                return (found as! SecKey)
            case errSecItemNotFound:
                return nil
            default:
                throw Self.failure(status)
            }
        }

        private func makePair() throws -> SecKey {
            do {
                return try makePair(in: kSecAttrTokenIDSecureEnclave)
            } catch HostError.Failed {
                return try makePair(in: nil)
            }
        }

        private func makePair(in enclave: CFString?) throws -> SecKey {
            var error: Unmanaged<CFError>?
            let access = SecAccessControlCreateWithFlags(
                nil,
                kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
                enclave == nil ? [] : .privateKeyUsage,
                &error
            )
            guard let access else { throw Self.failure(error) }
            let privateKey: [CFString: Any] = [
                kSecAttrIsPermanent: true,
                kSecAttrApplicationTag: tag,
                kSecAttrAccessControl: access,
            ]
            var attributes: [CFString: Any] = [
                kSecAttrKeyType: kSecAttrKeyTypeECSECPrimeRandom,
                kSecAttrKeySizeInBits: 256,
                kSecUseDataProtectionKeychain: true,
                kSecPrivateKeyAttrs: privateKey,
            ]
            if let enclave { attributes[kSecAttrTokenID] = enclave }
            let pair = SecKeyCreateRandomKey(attributes as CFDictionary, &error)
            guard let pair else { throw Self.failure(error) }
            return pair
        }

        private static func failure(_ error: Unmanaged<CFError>?) -> HostError {
            guard let error = error?.takeRetainedValue() else {
                return .Failed(reason: "no reason given")
            }
            return failure(OSStatus(truncatingIfNeeded: CFErrorGetCode(error)))
        }

        private static func failure(_ status: OSStatus) -> HostError {
            switch status {
            case errSecInteractionNotAllowed, errSecNotAvailable: .Locked
            case errSecUserCanceled: .Cancelled
            default: .Failed(reason: "OSStatus \(status)")
            }
        }
    }
#endif
