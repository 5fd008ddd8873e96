import LossbookKit
import PhotosUI
import SurveyModels
import SwiftUI

/// The photos of a case, by the shots that the contract asks for.
struct PhotosScreen: View {
    @Environment(Session.self) private var session
    @State private var shoot: PhotoShoot
    @State private var aimed: Aim?
    @State private var picked: PhotosPickerItem?
    @State private var pickedFor = ""
    @State private var isPicking = false

    init(file: CaseFile, surroundings: Surroundings) {
        _shoot = State(initialValue: PhotoShoot(file, surroundings: surroundings))
    }

    /// The file that the camera is to write.
    private struct Aim: Identifiable {
        let file: URL
        var id: URL { file }
    }

    var body: some View {
        List {
            if shoot.keeping.state != .idle {
                Section {
                    WorkPart(work: shoot.keeping)
                    if shoot.keeping.isGoing {
                        Button(Phrase.cancel.text(in: session.language)) { shoot.stop() }
                    }
                    seenBefore
                }
            }
            ForEach(shoot.slots) { slot in
                Section {
                    ForEach(slot.photos, id: \.digest) { photo in
                        PhotoPart(photo: photo, shoot: shoot)
                    }
                    buttons(slot)
                } header: {
                    header(slot)
                }
            }
        }
        .navigationTitle(Phrase.photos.text(in: session.language))
        .task { await shoot.load() }
        .fullScreenCover(item: $aimed) { aim in
            CameraScreen(file: aim.file) { isTaken in
                aimed = nil
                if isTaken { Task { await shoot.keep(aim.file) } }
            }
        }
        .photosPicker(isPresented: $isPicking, selection: $picked, matching: .images)
        .onChange(of: picked) { _, item in
            guard let item else { return }
            picked = nil
            Task { await take(item, slot: pickedFor) }
        }
    }

    private func header(_ slot: ShotSlot) -> some View {
        HStack {
            Text(slot.name(in: session.language))
            Spacer()
            if slot.missing > 0 {
                Text(verbatim: "\(Phrase.shotMissing.text(in: session.language)) \(slot.missing)")
                    .foregroundStyle(.orange)
            } else if !slot.photos.isEmpty {
                Text(Phrase.shotTaken.text(in: session.language)).foregroundStyle(.green)
            }
        }
    }

    private func buttons(_ slot: ShotSlot) -> some View {
        HStack {
            Button(Phrase.takePhoto.text(in: session.language), systemImage: "camera") {
                Task { aimed = await shoot.aim(at: slot.id).map { Aim(file: $0) } }
            }
            Spacer()
            Button(Phrase.chooseFromGallery.text(in: session.language), systemImage: "photo") {
                pickedFor = slot.id
                isPicking = true
            }
        }
        .buttonStyle(.borderless)
        .disabled(shoot.keeping.isGoing)
    }

    @ViewBuilder
    private var seenBefore: some View {
        if let kept = shoot.lastKept {
            ForEach(kept.problems, id: \.code) { problem in
                Text(problem.sentence(in: session.language)).foregroundStyle(.orange)
            }
        }
    }

    /// The picture's own bytes, as a file of the app.
    private func take(_ item: PhotosPickerItem, slot: String) async {
        guard let bytes = try? await item.loadTransferable(type: Data.self),
            let file = try? session.surroundings.passingFile("picture"),
            (try? bytes.write(to: file)) != nil
        else { return }
        await shoot.take(fromGallery: file, slot: slot)
    }
}

/// One photo with its thumbnail, what is doubtful about it, and where its bytes are.
private struct PhotoPart: View {
    @Environment(Session.self) private var session
    let photo: PhotoView
    let shoot: PhotoShoot

    var body: some View {
        HStack(alignment: .top) {
            thumbnail
                .frame(width: 72, height: 72)
                .clipShape(RoundedRectangle(cornerRadius: 8))
            VStack(alignment: .leading) {
                StatePart(state: photo.state)
                Text(photo.atHub.name(in: session.language)).font(.caption)
                ForEach(photo.findings, id: \.code) { finding in
                    Text(finding.name(in: session.language)).font(.caption).foregroundStyle(.orange)
                }
                Text(verbatim: String(photo.digest.prefix(12)))
                    .font(.caption2.monospaced())
                    .foregroundStyle(.secondary)
            }
        }
        .task { await shoot.show(photo) }
    }

    @ViewBuilder
    private var thumbnail: some View {
        if let digest = photo.thumbnail, let bytes = shoot.thumbnails[digest],
            let image = UIImage(data: bytes)
        {
            Image(uiImage: image).resizable().scaledToFill()
        } else {
            Image(systemName: "photo").foregroundStyle(.secondary)
        }
    }
}
