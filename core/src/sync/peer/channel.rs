//! Bytes to frames: the greeting in clear, the Noise handshake, then encrypted frames.
//!
//! Greeting: `LBP`, the version, the hub's id. Then messages, each u16 length and Noise bytes. The
//! plain bytes of the messages after the handshake are one stream of u32 length and frame.

use snow::{HandshakeState, TransportState};
use zeroize::Zeroizing;

use super::{PEER_VERSION, PeerError, PeerFrame, PeerMe, Role, noise};
use crate::chain::SignedCertificate;
use crate::domain::cbor;

const MAGIC: &[u8; 3] = b"LBP";
const GREETING_BYTES: usize = 20;
/// Longest Noise message.
const MAX_MESSAGE: usize = 65_535;
const TAG_BYTES: usize = 16;
/// Longest frame: an extent with its path, or the marks of very many streams.
const MAX_FRAME_BYTES: usize = 512 * 1024;

/// What came in.
#[derive(Debug)]
pub(super) enum Heard {
    /// The other side's certificate, and the key it proved to hold.
    Certificate(SignedCertificate, [u8; 32]),
    /// A frame.
    Frame(Box<PeerFrame>),
}

enum State {
    Greeting,
    Handshake(Box<HandshakeState>),
    Open(Box<TransportState>),
    Broken,
}

/// One side's end of the line.
pub(super) struct Channel {
    role: Role,
    me: PeerMe,
    state: State,
    /// Bytes from the other side that are no whole message yet.
    raw: Vec<u8>,
    /// Plain bytes that are no whole frame yet.
    plain: Vec<u8>,
}

impl Channel {
    pub(super) const fn new(role: Role, me: PeerMe) -> Self {
        Self {
            role,
            me,
            state: State::Greeting,
            raw: Vec::new(),
            plain: Vec::new(),
        }
    }

    /// What is sent first, unasked.
    pub(super) fn greeting(&self) -> Vec<u8> {
        [MAGIC.as_slice(), &[PEER_VERSION], self.me.hub.as_bytes()].concat()
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Takes bytes in; what is to be answered at once goes to `out`.
    pub(super) fn hear(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Vec<Heard>, PeerError> {
        self.raw.extend_from_slice(bytes);
        let mut heard = Vec::new();
        if matches!(self.state, State::Greeting) && !self.greet(out)? {
            return Ok(heard);
        }
        while let Some(message) = self.next_message() {
            self.take_message(&message, out, &mut heard)?;
        }
        Ok(heard)
    }

    /// Whether the greeting is whole by now; then the handshake has begun.
    fn greet(&mut self, out: &mut Vec<u8>) -> Result<bool, PeerError> {
        let known = self.raw.len().min(MAGIC.len());
        if self.raw.get(..known) != MAGIC.get(..known) {
            return Err(PeerError::NotAPeer);
        }
        if let Some(version) = self.raw.get(3).filter(|version| **version != PEER_VERSION) {
            return Err(PeerError::Newer(*version));
        }
        let Some((greeting, rest)) = self.raw.split_at_checked(GREETING_BYTES) else {
            return Ok(false);
        };
        if !greeting.ends_with(self.me.hub.as_bytes()) {
            return Err(PeerError::OtherHub);
        }
        let prologue = greeting.to_vec();
        self.raw = rest.to_vec();
        let seed = std::mem::replace(&mut self.me.seed, Zeroizing::new([0; 32]));
        let mut handshake = noise::begin(self.role, (&self.me.secret, &prologue), seed)?;
        if self.role == Role::Asks {
            write_handshake(&mut handshake, &[], out)?;
        }
        self.state = State::Handshake(Box::new(handshake));
        Ok(true)
    }

    fn next_message(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.raw.split_first_chunk::<2>()?;
        let (message, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (message, rest) = (message.to_vec(), rest.to_vec());
        self.raw = rest;
        Some(message)
    }

    fn take_message(
        &mut self,
        message: &[u8],
        out: &mut Vec<u8>,
        heard: &mut Vec<Heard>,
    ) -> Result<(), PeerError> {
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Handshake(handshake) => self.shake(handshake, message, (out, heard)),
            State::Open(mut transport) => {
                let mut plain = vec![0; MAX_MESSAGE];
                let read = transport.read_message(message, &mut plain);
                let read = read.or(Err(PeerError::Handshake))?;
                self.plain.extend(plain.iter().take(read));
                self.state = State::Open(transport);
                self.take_frames(heard)
            }
            State::Greeting | State::Broken => Err(PeerError::Handshake),
        }
    }

    /// One message of the handshake. Certificates travel in the second and the third.
    fn shake(
        &mut self,
        mut handshake: Box<HandshakeState>,
        message: &[u8],
        (out, heard): (&mut Vec<u8>, &mut Vec<Heard>),
    ) -> Result<(), PeerError> {
        let mut payload = vec![0; MAX_MESSAGE];
        let read = handshake
            .read_message(message, &mut payload)
            .or(Err(PeerError::Handshake))?;
        if read > 0 {
            let signed = payload
                .get(..read)
                .and_then(|bytes| cbor::decode(bytes).ok());
            let key = handshake
                .get_remote_static()
                .and_then(|key| key.try_into().ok());
            let (Some(signed), Some(key)) = (signed, key) else {
                return Err(PeerError::Handshake);
            };
            heard.push(Heard::Certificate(signed, key));
        }
        if !handshake.is_handshake_finished() {
            let certificate = cbor::encode(&self.me.certificate);
            // The asking side shows itself only to whom it has admitted: see `Channel::show`.
            if self.role == Role::Asks {
                self.state = State::Handshake(handshake);
                return Ok(());
            }
            write_handshake(&mut handshake, &certificate, out)?;
        }
        self.settle(handshake)
    }

    /// The asking side's certificate, once the other side is admitted.
    pub(super) fn show(&mut self, out: &mut Vec<u8>) -> Result<(), PeerError> {
        let State::Handshake(mut handshake) = std::mem::replace(&mut self.state, State::Broken)
        else {
            return Err(PeerError::Handshake);
        };
        write_handshake(&mut handshake, &cbor::encode(&self.me.certificate), out)?;
        self.settle(handshake)
    }

    fn settle(&mut self, handshake: Box<HandshakeState>) -> Result<(), PeerError> {
        self.state = if handshake.is_handshake_finished() {
            let transport = handshake.into_transport_mode();
            State::Open(Box::new(transport.or(Err(PeerError::Handshake))?))
        } else {
            State::Handshake(handshake)
        };
        Ok(())
    }

    fn take_frames(&mut self, heard: &mut Vec<Heard>) -> Result<(), PeerError> {
        loop {
            let Some((length, rest)) = self.plain.split_first_chunk::<4>() else {
                return Ok(());
            };
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            if length > MAX_FRAME_BYTES {
                return Err(PeerError::Malformed);
            }
            let Some((frame, rest)) = rest.split_at_checked(length) else {
                return Ok(());
            };
            let frame: PeerFrame = cbor::decode(frame).or(Err(PeerError::Malformed))?;
            heard.push(Heard::Frame(Box::new(frame)));
            self.plain = rest.to_vec();
        }
    }

    /// Encrypts a frame.
    pub(super) fn say(&mut self, frame: &PeerFrame, out: &mut Vec<u8>) -> Result<(), PeerError> {
        let State::Open(transport) = &mut self.state else {
            return Err(PeerError::Handshake);
        };
        let bytes = cbor::encode(frame);
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(PeerError::Malformed);
        }
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let plain = [length.to_be_bytes().as_slice(), &bytes].concat();
        for piece in plain.chunks(MAX_MESSAGE - TAG_BYTES) {
            let mut cipher = vec![0; piece.len() + TAG_BYTES];
            let written = transport.write_message(piece, &mut cipher);
            let written = written.or(Err(PeerError::Handshake))?;
            put_message(cipher.get(..written).unwrap_or_default(), out);
        }
        Ok(())
    }
}

fn write_handshake(
    handshake: &mut HandshakeState,
    payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), PeerError> {
    let mut message = vec![0; MAX_MESSAGE];
    let written = handshake.write_message(payload, &mut message);
    let written = written.or(Err(PeerError::Handshake))?;
    put_message(message.get(..written).unwrap_or_default(), out);
    Ok(())
}

fn put_message(message: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(message);
}
