package org.lossbook.sample

import java.io.File
import org.lossbook.HubTransport
import org.lossbook.JvmClock
import org.lossbook.Lossbook
import org.lossbook.ffi.FieldEdit
import org.lossbook.ffi.HostKeyStore
import org.lossbook.ffi.HostParts
import org.lossbook.ffi.LossbookException
import org.lossbook.ffi.NewPhoto
import org.lossbook.ffi.NewReport
import org.lossbook.ffi.PhotoOrigin
import org.lossbook.zh

/** From nothing to a saved case with a photo; the exchange may come days later. */
suspend fun firstCase(folder: File, keys: HostKeyStore, code: String, photo: File): String {
    val host = HostParts(keys = keys, clock = JvmClock()) // a phone gives clocks and key store of its own
    val hub = HubTransport.ofPlatform()
    return Lossbook.openOrCreate(File(folder, "home"), host).use { book ->
        if (book.status().user == null) book.enrol(code, hub)
        val loss = listOf(FieldEdit("household", "张三"), FieldEdit("cause", "冰雹"))
        val case = book.reportLoss(NewReport(fields = loss))
        try {
            book.addPhoto(case.id, NewPhoto(photo.path, PhotoOrigin.CAMERA, slot = "whole_house"))
        } catch (full: LossbookException.StorageFull) {
            println(full.zh) // the case is saved; say what helps, and take the photo again
        }
        book.sync(hub, bodies = File(folder, "bodies"))
        case.number
    }
}
