//! How bright each pixel of a small picture is, and what that says about its quality.
//!
//! `thumbnail` makes them; `app` reads doubts from them at capture, while the surveyor can still
//! take the shot again, and `fingerprint` reads its bits. A doubt is a [`Finding`] with the number
//! it rests on: a picture of a dark cellar may well be dark. Nothing here refuses a photo.

use super::{Problem, ProblemCode, Size};

/// Brightness from 0 to 255, row after row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shades {
    /// Width and height.
    pub size: Size,
    /// One byte a pixel.
    pub bytes: Vec<u8>,
}
