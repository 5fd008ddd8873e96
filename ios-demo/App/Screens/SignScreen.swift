import LossbookKit
import SurveyModels
import SwiftUI

/// The statement to read, the canvas to sign on, and the two ways it can end.
struct SignScreen: View {
    @Environment(Session.self) private var session
    @State private var signing: Signing
    @State private var isRefusing = false
    @State private var reason = ""

    init(file: CaseFile) {
        _signing = State(initialValue: Signing(file))
    }

    var body: some View {
        ContentPart(content: signing.statement.content, retry: { await load() }) { statement in
            VStack(alignment: .leading) {
                Text(Phrase.readFirst.text(in: session.language)).font(.callout)
                if signing.hasChanged {
                    Text(Phrase.changedSinceShown.text(in: session.language)).foregroundStyle(.orange)
                }
                ScrollView { Text(verbatim: statement.text).textSelection(.enabled) }
                TextField(Phrase.signer.text(in: session.language), text: $signing.signer)
                    .textFieldStyle(.roundedBorder)
                Text(Phrase.signHere.text(in: session.language)).font(.caption)
                InkCanvas(signing: signing).frame(height: 180)
                WorkPart(work: signing.signing)
                buttons
            }
            .padding()
        }
        .navigationTitle(Phrase.signing.text(in: session.language))
        .task { await load() }
        .alert(Phrase.refuse.text(in: session.language), isPresented: $isRefusing) {
            TextField(Phrase.reason.text(in: session.language), text: $reason)
            Button(Phrase.cancel.text(in: session.language), role: .cancel) {}
            Button(Phrase.refuse.text(in: session.language), role: .destructive) {
                Task { await signing.refuse(reason: reason) }
            }
        }
    }

    private var buttons: some View {
        HStack {
            Button(Phrase.clear.text(in: session.language)) { signing.clear() }
            Button(Phrase.refuse.text(in: session.language), role: .destructive) {
                reason = ""
                isRefusing = true
            }
            Spacer()
            Button(Phrase.sign.text(in: session.language)) { Task { await signing.sign() } }
                .buttonStyle(.borderedProminent)
        }
        .disabled(signing.signing.isGoing)
    }

    private func load() async {
        await signing.load(in: session.language)
    }
}

/// Takes the ink with its times, and draws it.
private struct InkCanvas: View {
    @Environment(Session.self) private var session
    let signing: Signing
    @State private var began: Date?
    @State private var isDrawing = false

    var body: some View {
        // Read here, so that a new stroke draws the canvas anew.
        let strokes = signing.strokes
        GeometryReader { place in
            Canvas { context, _ in
                for stroke in strokes {
                    var path = Path()
                    path.addLines(stroke.map { CGPoint(x: Double($0.x), y: Double($0.y)) })
                    context.stroke(path, with: .color(.primary), lineWidth: 2)
                }
            }
            .background(.quaternary)
            .gesture(pen)
            .onAppear { layOut(place.size) }
            .onChange(of: place.size) { _, size in layOut(size) }
        }
        .accessibilityLabel(Phrase.signHere.text(in: session.language))
    }

    private var pen: some Gesture {
        DragGesture(minimumDistance: 0)
            .onChanged { drag in
                let began = began ?? drag.time
                self.began = began
                let point = InkPoint(
                    x: Int32(drag.location.x.rounded()),
                    y: Int32(drag.location.y.rounded()),
                    tMs: UInt32(max(0, drag.time.timeIntervalSince(began) * 1000)),
                    pressure: 500
                )
                if isDrawing { signing.penMoved(point) } else { signing.penDown(point) }
                isDrawing = true
            }
            .onEnded { _ in isDrawing = false }
    }

    private func layOut(_ size: CGSize) {
        signing.layOut(width: UInt32(max(1, size.width)), height: UInt32(max(1, size.height)))
    }
}
