// tus-js-client against our hub: begins an upload and is stopped half way, or goes on with it.
//
// usage: node tus_peer.cjs ENDPOINT TOKEN FILE SHA256 SCOPE STORE begin|resume
'use strict'

const fs = require('node:fs')
const tus = require('tus-js-client')

const [endpoint, token, file, sha256, scope, store, phase] = process.argv.slice(2)
const CHUNK = 1024 * 1024
const HALF = 2 * CHUNK
const size = fs.statSync(file).size

function expect (good, what) {
  if (!good) {
    console.error(`NOT SO: ${what}`)
    process.exit(1)
  }
  console.log(`  ok: ${what}`)
}

const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { sha256, scope },
  uploadSize: size,
  chunkSize: CHUNK,
  retryDelays: [100, 200, 200, 400, 400],
  urlStorage: new tus.FileUrlStorage(store),
  onError (error) {
    console.error(String(error))
    process.exit(1)
  },
  onChunkComplete (_size, accepted) {
    if (phase === 'begin' && accepted >= HALF) {
      upload.abort().then(() => {
        expect(accepted < size, `tus-js-client was stopped after ${accepted} bytes`)
        process.exit(0)
      })
    }
  },
  onSuccess () {
    expect(phase === 'resume', 'tus-js-client says that all bytes are there')
    process.exit(0)
  },
})

upload.findPreviousUploads().then((known) => {
  if (phase === 'begin') {
    expect(known.length === 0, 'tus-js-client knows of no earlier upload')
  } else {
    expect(known.length === 1, 'a new tus-js-client remembers the upload')
    upload.resumeFromPreviousUpload(known[0])
    upload.options.onProgress = (sent) => {
      upload.options.onProgress = null
      expect(sent >= HALF, `it goes on behind byte ${HALF}`)
    }
  }
  upload.start()
})
