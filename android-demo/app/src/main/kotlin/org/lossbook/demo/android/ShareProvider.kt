package org.lossbook.demo.android

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/** Lets the app that the user picked read one encrypted bundle of the scratch folder, and nothing else. */
class ShareProvider : ContentProvider() {
    override fun onCreate(): Boolean = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor =
        ParcelFileDescriptor.open(file(uri), ParcelFileDescriptor.MODE_READ_ONLY)

    override fun getType(uri: Uri): String = MEDIA_TYPE

    override fun query(uri: Uri, columns: Array<String>?, where: String?, values: Array<String>?, order: String?): Cursor {
        val file = file(uri)
        val cursor = MatrixCursor(arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE))
        cursor.addRow(arrayOf<Any>(file.name, file.length()))
        return cursor
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun update(uri: Uri, values: ContentValues?, where: String?, args: Array<String>?): Int = 0

    override fun delete(uri: Uri, where: String?, args: Array<String>?): Int = 0

    private fun file(uri: Uri): File {
        val folder = context?.let(Home::scratch) ?: throw FileNotFoundException()
        // Only names that lie in the folder itself.
        return folder.listFiles().orEmpty().find { it.name == uri.lastPathSegment && it.name.contains(BUNDLE) }
            ?: throw FileNotFoundException(uri.lastPathSegment)
    }

    companion object {
        const val MEDIA_TYPE = "application/octet-stream"
        private const val BUNDLE = ".lossbundle"

        /** The name under which another app reads a bundle. */
        fun uri(context: Context, file: File): Uri =
            Uri.Builder().scheme("content").authority("${context.packageName}.share").appendPath(file.name).build()
    }
}
