//! The peer of the photo benchmarks: what a careful developer builds from libjpeg-turbo.
//!
//! `turbojpeg-peer PHOTO ROUNDS FOLDER` prints the median milliseconds of a thumbnail (decoded at a
//! quarter, Lanczos to 512 pixels, encoded at quality 80) and of a whole intake (read, SHA-256,
//! EXIF, thumbnail, AES-GCM of both, both written and synced).

use std::error::Error;
use std::fs::File;
use std::io::{Cursor, Write};
use std::time::Instant;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use sha2::Digest;
use turbojpeg::{Compressor, Decompressor, PixelFormat, ScalingFactor, Subsamp};

type Failed = Box<dyn Error>;

fn thumbnail(jpeg: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut decoder = Decompressor::new()?;
    let head = decoder.read_header(jpeg)?;
    decoder.set_scaling_factor(ScalingFactor::new(1, 4))?;
    let scale = decoder.scaling_factor();
    let (width, height) = (scale.scale(head.width), scale.scale(head.height));
    let mut pixels = vec![0; width * height * 3];
    let format = PixelFormat::RGB;
    let picture = turbojpeg::Image {
        pixels: &mut pixels[..],
        width,
        pitch: width * 3,
        height,
        format,
    };
    decoder.decompress(jpeg, picture)?;
    let (to_width, to_height) = (512, (512 * height / width).max(1));
    let from = Image::from_vec_u8(
        u32::try_from(width)?,
        u32::try_from(height)?,
        pixels,
        PixelType::U8x3,
    )?;
    let mut small = Image::new(to_width, u32::try_from(to_height)?, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut small, &options)?;
    let mut encoder = Compressor::new()?;
    encoder.set_quality(80)?;
    encoder.set_subsamp(Subsamp::Sub2x2)?;
    let pitch = to_width as usize * 3;
    let picture = turbojpeg::Image {
        pixels: small.buffer(),
        width: to_width as usize,
        pitch,
        height: to_height,
        format,
    };
    Ok(encoder.compress_to_vec(picture)?)
}

fn sealed(mut bytes: Vec<u8>) -> Result<Vec<u8>, Failed> {
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let tag = cipher
        .encrypt_inout_detached(&[1; 12].into(), b"", bytes.as_mut_slice().into())
        .map_err(|error| error.to_string())?;
    bytes.extend(tag);
    Ok(bytes)
}

fn write(path: &str, bytes: &[u8]) -> Result<(), Failed> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    Ok(file.sync_data()?)
}

fn intake(photo: &str, folder: &str) -> Result<usize, Failed> {
    let bytes = std::fs::read(photo)?;
    let digest = sha2::Sha256::digest(&bytes);
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let claims = reader
        .read_from_container(&mut Cursor::new(&bytes))
        .map_or(0, |exif| exif.fields().len());
    let small = thumbnail(&bytes)?;
    write(&format!("{folder}/photo"), &sealed(bytes)?)?;
    write(&format!("{folder}/thumbnail"), &sealed(small)?)?;
    Ok(claims + digest.len())
}

fn median<T>(rounds: usize, work: impl Fn() -> Result<T, Failed>) -> Result<f64, Failed> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        std::hint::black_box(work()?);
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[rounds / 2])
}

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [photo, rounds, folder] = words.as_slice() else {
        return Err("usage: turbojpeg-peer PHOTO ROUNDS FOLDER".into());
    };
    let rounds = rounds.parse()?;
    let jpeg = std::fs::read(photo)?;
    let small = median(rounds, || thumbnail(&jpeg))?;
    let whole = median(rounds, || intake(photo, folder))?;
    println!("{small:.3} {whole:.3}");
    Ok(())
}
