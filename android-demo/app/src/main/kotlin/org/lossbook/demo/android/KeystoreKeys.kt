package org.lossbook.demo.android

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.security.GeneralSecurityException
import java.security.InvalidKeyException
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import org.lossbook.ffi.HostException
import org.lossbook.ffi.HostKeyStore

/**
 * Wraps the store's key with one that never leaves the phone's key store and works only while the phone is unlocked.
 * A backup or a copied folder is therefore of no use on another phone.
 */
class KeystoreKeys : HostKeyStore {
    private val store = KeyStore.getInstance(PROVIDER).apply { load(null) }

    override fun wrap(key: ByteArray): ByteArray = named {
        val cipher = Cipher.getInstance(ALGORITHM).apply { init(Cipher.ENCRYPT_MODE, secret()) }
        cipher.iv + cipher.doFinal(key)
    }

    override fun unwrap(wrapped: ByteArray): ByteArray = named {
        val parameters = GCMParameterSpec(TAG_BITS, wrapped, 0, IV_BYTES)
        val cipher = Cipher.getInstance(ALGORITHM).apply { init(Cipher.DECRYPT_MODE, secret(), parameters) }
        cipher.doFinal(wrapped, IV_BYTES, wrapped.size - IV_BYTES)
    }

    private fun secret(): SecretKey = store.getKey(NAME, null) as SecretKey? ?: make()

    private fun make(): SecretKey {
        val spec = KeyGenParameterSpec.Builder(NAME, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(KEY_BITS)
            .setUnlockedDeviceRequired(true)
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec.build()) }.generateKey()
    }

    private fun named(work: () -> ByteArray): ByteArray = try {
        work()
    } catch (locked: InvalidKeyException) {
        // What a key says that may be used on an unlocked phone only.
        throw HostException.Locked().initCause(locked)
    } catch (failed: GeneralSecurityException) {
        throw HostException.Failed(failed.javaClass.simpleName).initCause(failed)
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
        const val NAME = "lossbook-store"
        const val ALGORITHM = "AES/GCM/NoPadding"
        const val TAG_BITS = 128
        const val IV_BYTES = 12
        const val KEY_BITS = 256
    }
}
