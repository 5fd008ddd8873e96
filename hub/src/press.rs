//! Where papers are set: a press that the program brings along.
//!
//! [`crate::paper`] says what a paper holds; a press makes pages of it. The hub itself knows no
//! typesetting, so that it is built and tested without any.
//!
//! Invariant of every press: the same [`Sheet`] gives the same bytes.

use std::fmt::Debug;

use crate::refusal::Refusal;

/// What is to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Which template: the word of a [`crate::paper::Kind`].
    pub template: &'static str,
    /// What the template reads, as JSON.
    pub data: Vec<u8>,
    /// Pictures by the names that the data uses.
    pub pictures: Vec<(String, Vec<u8>)>,
}

/// Makes PDF pages.
pub trait Press: Send + Sync + Debug {
    /// Sets a sheet.
    ///
    /// # Errors
    /// [`PressError`].
    fn set(&self, sheet: &Sheet) -> Result<Vec<u8>, PressError>;
}

/// Why a paper was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// No font with Chinese letters.
    #[error(
        "没有含汉字的字体：{looked_in}。请安装 Debian 软件包 fonts-wqy-microhei，或用 --fonts 指定字体文件夹 / no font with Chinese letters in {looked_in}: install Debian's fonts-wqy-microhei, or name a folder of TTF, OTF or TTC files with --fonts"
    )]
    NoFont {
        /// Where fonts were looked for.
        looked_in: String,
    },
    /// The template or its data is wrong.
    #[error("版面未能生成：{0} / the page could not be set: {0}")]
    Template(String),
}

impl From<PressError> for Refusal {
    fn from(error: PressError) -> Self {
        let (status, code) = match &error {
            PressError::NoFont { .. } => (503, "NO_FONT"),
            PressError::Template(_) => (500, "PAPER_NOT_SET"),
        };
        Self::new(status, code, error.to_string())
    }
}
