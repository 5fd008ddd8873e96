import AVFoundation
import SurveyModels
import SwiftUI

/// The app's own camera. Writes the file as the sensor's encoder made it: no copy, no watermark.
struct CameraScreen: View {
    @Environment(Session.self) private var session
    @State private var camera = Camera()
    let file: URL
    let done: (_ isTaken: Bool) -> Void

    var body: some View {
        ZStack(alignment: .bottom) {
            Preview(session: camera.session).ignoresSafeArea()
            HStack {
                Button(Phrase.cancel.text(in: session.language)) { done(false) }
                Spacer()
                Button {
                    Task { done(await camera.shoot(into: file)) }
                } label: {
                    Image(systemName: "camera.circle.fill").font(.system(size: 64))
                }
                .accessibilityLabel(Phrase.takePhoto.text(in: session.language))
                Spacer()
            }
            .padding()
        }
        .background(.black)
        .task { await camera.begin() }
        .onDisappear { camera.end() }
    }
}

/// A capture session for single photos.
@MainActor
final class Camera {
    let session = AVCaptureSession()
    private let output = AVCapturePhotoOutput()
    private let queue = DispatchQueue(label: "org.lossbook.survey.camera")
    private var writer: PhotoWriter?

    func begin() async {
        guard await AVCaptureDevice.requestAccess(for: .video), session.inputs.isEmpty,
            let device = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: .back),
            let input = try? AVCaptureDeviceInput(device: device)
        else { return }
        session.sessionPreset = .photo
        if session.canAddInput(input) { session.addInput(input) }
        if session.canAddOutput(output) { session.addOutput(output) }
        let running = Running(session: session)
        queue.async { running.session.startRunning() }
    }

    func end() {
        let running = Running(session: session)
        queue.async { running.session.stopRunning() }
    }

    /// Takes one photo and writes its bytes; false if there is none.
    func shoot(into file: URL) async -> Bool {
        guard session.isRunning else { return false }
        let settings = AVCapturePhotoSettings(format: [AVVideoCodecKey: AVVideoCodecType.jpeg])
        return await withCheckedContinuation { continuation in
            let writer = PhotoWriter(file: file, continuation: continuation)
            self.writer = writer
            output.capturePhoto(with: settings, delegate: writer)
        }
    }
}

/// A session is started and stopped off the main thread, as its makers ask.
private struct Running: @unchecked Sendable {
    let session: AVCaptureSession
}

/// Writes the photo when the camera has it.
private final class PhotoWriter: NSObject, AVCapturePhotoCaptureDelegate, @unchecked Sendable {
    private let file: URL
    private let continuation: CheckedContinuation<Bool, Never>

    init(file: URL, continuation: CheckedContinuation<Bool, Never>) {
        self.file = file
        self.continuation = continuation
    }

    func photoOutput(
        _ output: AVCapturePhotoOutput, didFinishProcessingPhoto photo: AVCapturePhoto,
        error: (any Error)?
    ) {
        let bytes = error == nil ? photo.fileDataRepresentation() : nil
        let isWritten = bytes.map { (try? $0.write(to: file)) != nil } ?? false
        continuation.resume(returning: isWritten)
    }
}

private struct Preview: UIViewRepresentable {
    let session: AVCaptureSession

    final class Layer: UIView {
        override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }
    }

    func makeUIView(context: Context) -> Layer {
        let view = Layer()
        if let layer = view.layer as? AVCaptureVideoPreviewLayer {
            layer.session = session
            layer.videoGravity = .resizeAspectFill
        }
        return view
    }

    func updateUIView(_ view: Layer, context: Context) {}
}
