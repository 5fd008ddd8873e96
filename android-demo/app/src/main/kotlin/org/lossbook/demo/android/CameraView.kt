package org.lossbook.demo.android

import android.content.Context
import android.graphics.ImageFormat
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.OutputConfiguration
import android.hardware.camera2.params.SessionConfiguration
import android.location.Location
import android.media.ImageReader
import android.os.Handler
import android.os.Looper
import android.util.Size
import android.view.Surface
import android.view.TextureView
import java.io.File
import kotlin.coroutines.resume
import kotlinx.coroutines.suspendCancellableCoroutine

/** The app's own camera: what it sees, and pictures exactly as the sensor's JPEG encoder wrote them. */
class CameraView(context: Context, private val brush: Brush) : TextureView(context), TextureView.SurfaceTextureListener {
    private val cameras = context.getSystemService(CameraManager::class.java)
    private val main = Handler(Looper.getMainLooper())
    private var device: CameraDevice? = null
    private var session: CameraCaptureSession? = null
    private var reader: ImageReader? = null
    private var orientation = 0

    init {
        surfaceTextureListener = this
    }

    override fun onMeasure(widthSpec: Int, heightSpec: Int) =
        setMeasuredDimension(MeasureSpec.getSize(widthSpec), brush.dp(HEIGHT))

    override fun onSurfaceTextureAvailable(surface: SurfaceTexture, width: Int, height: Int) = open(surface)

    override fun onSurfaceTextureSizeChanged(surface: SurfaceTexture, width: Int, height: Int) = Unit

    override fun onSurfaceTextureUpdated(surface: SurfaceTexture) = Unit

    override fun onSurfaceTextureDestroyed(surface: SurfaceTexture): Boolean {
        close()
        return true
    }

    /** Opens the camera at the back; without leave to use it, nothing is seen and nothing is taken. */
    private fun open(texture: SurfaceTexture) {
        val id = cameras.cameraIdList.firstOrNull { facing(it) == CameraCharacteristics.LENS_FACING_BACK } ?: return
        val traits = cameras.getCameraCharacteristics(id)
        val largest = traits.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP)
            ?.getOutputSizes(ImageFormat.JPEG)?.maxByOrNull { it.width.toLong() * it.height } ?: Size(SMALLEST, SMALLEST)
        orientation = traits.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0
        reader = ImageReader.newInstance(largest.width, largest.height, ImageFormat.JPEG, 2)
        try {
            cameras.openCamera(id, context.mainExecutor, object : CameraDevice.StateCallback() {
                override fun onOpened(camera: CameraDevice) {
                    device = camera
                    look(camera, Surface(texture))
                }

                override fun onDisconnected(camera: CameraDevice) = close()

                override fun onError(camera: CameraDevice, error: Int) = close()
            })
        } catch (refused: SecurityException) {
            close()
        }
    }

    private fun facing(id: String) = cameras.getCameraCharacteristics(id).get(CameraCharacteristics.LENS_FACING)

    private fun look(camera: CameraDevice, preview: Surface) {
        val still = reader?.surface ?: return
        val outputs = listOf(preview, still).map(::OutputConfiguration)
        val callback = object : CameraCaptureSession.StateCallback() {
            override fun onConfigured(made: CameraCaptureSession) {
                session = made
                val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW).apply { addTarget(preview) }
                made.setRepeatingRequest(request.build(), null, main)
            }

            override fun onConfigureFailed(failed: CameraCaptureSession) = close()
        }
        camera.createCaptureSession(SessionConfiguration(SessionConfiguration.SESSION_REGULAR, outputs, context.mainExecutor, callback))
    }

    /** Takes one picture into a file. False if the camera is not open. */
    suspend fun shoot(to: File, place: Location?): Boolean {
        val (camera, made, into) = Triple(device ?: return false, session ?: return false, reader ?: return false)
        return suspendCancellableCoroutine { waiting ->
            into.setOnImageAvailableListener({ from ->
                from.acquireNextImage().use { image ->
                    val bytes = image.planes[0].buffer
                    to.outputStream().channel.use { channel -> while (bytes.hasRemaining()) channel.write(bytes) }
                }
                if (waiting.isActive) waiting.resume(true)
            }, main)
            val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_STILL_CAPTURE).apply {
                addTarget(into.surface)
                set(CaptureRequest.JPEG_ORIENTATION, orientation)
                set(CaptureRequest.JPEG_QUALITY, QUALITY)
                place?.let { set(CaptureRequest.JPEG_GPS_LOCATION, it) }
            }
            made.capture(request.build(), null, main)
        }
    }

    private fun close() {
        session?.close()
        device?.close()
        reader?.close()
        session = null
        device = null
        reader = null
    }

    private companion object {
        const val HEIGHT = 300
        const val SMALLEST = 640
        const val QUALITY: Byte = 92
    }
}
