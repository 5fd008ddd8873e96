//! Statements and signatures: signing, refusing, witnessing, taking back, and showing what each
//! still covers.

use std::path::{Path, PathBuf};

use clap::Args;
use lossbook_core::app::{Device, NewSignature, SignerClaims};
use lossbook_core::domain::{cbor, civil_text};
use lossbook_core::statement::{
    Act, Language, Point, StatementKind, Stroke, UnknownLanguage, UnknownStatement, Wanted, ink,
};
use lossbook_core::store::SignatureStanding;
use serde_json::{Value, json};

use super::Said;
use super::show::ZONE;
use crate::failure::Failure;

/// What is shown and signed.
#[derive(Debug, Args)]
pub struct StatementArgs {
    /// Case number or id.
    pub case: String,
    /// Language of the text shown: zh or en.
    #[arg(long, default_value = "zh")]
    pub lang: String,
    /// estimate, survey-report or no-survey.
    #[arg(long, default_value = "estimate")]
    pub statement: String,
}

/// Who signs and what they say of themselves.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// What is signed.
    #[command(flatten)]
    pub statement: StatementArgs,
    /// Who signs.
    #[arg(long)]
    pub signer: String,
    /// Ink as JSON.
    #[arg(long, value_name = "FILE")]
    pub ink: Option<PathBuf>,
    /// Record that the person refused.
    #[arg(long)]
    pub refuse: bool,
    /// Why the person refused.
    #[arg(long)]
    pub reason: Option<String>,
    /// The signer's identity number.
    #[arg(long)]
    pub id_no: Option<String>,
    /// What the signer is to the insured.
    #[arg(long)]
    pub relation: Option<String>,
    /// Where, in degrees: LATITUDE,LONGITUDE.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    pub place: Option<String>,
}

/// Which pictures and files of the signatures are wanted.
#[derive(Debug, Args)]
pub struct SignatureFiles {
    /// Write the ink of each signature as SVG and PNG.
    #[arg(long, value_name = "DIR")]
    pub ink: Option<PathBuf>,
    /// Write all that a stranger needs to verify each signature.
    #[arg(long, value_name = "DIR")]
    pub packets: Option<PathBuf>,
}

fn wanted(args: &StatementArgs) -> Result<Wanted, Failure> {
    let language: Language = args
        .lang
        .parse()
        .map_err(|error: UnknownLanguage| Failure::input("bad_language", error.to_string()))?;
    let kind: StatementKind = args
        .statement
        .parse()
        .map_err(|error: UnknownStatement| Failure::input("bad_statement", error.to_string()))?;
    Ok(Wanted {
        kind,
        language,
        ..Wanted::default()
    })
}

pub(super) fn statement(device: &Device, args: &StatementArgs) -> Result<Said, Failure> {
    let text = device.statement_text(&args.case, &wanted(args)?)?;
    Ok(Said::new(
        json!({"case": args.case, "text": text}),
        text.clone(),
    ))
}

pub(super) fn sign(device: &Device, args: &SignArgs) -> Result<Said, Failure> {
    let strokes = args.ink.as_deref().map(read_ink).transpose()?;
    let act = if args.refuse {
        Act::Refused
    } else {
        Act::Signed
    };
    let new = NewSignature {
        signer: &args.signer,
        act,
        wanted: wanted(&args.statement)?,
        strokes: strokes.unwrap_or_default(),
        screen: (1080, 640),
        claims: SignerClaims {
            id_no: args.id_no.as_deref(),
            relation: args.relation.as_deref(),
            reason: args.reason.as_deref(),
            place: args.place.as_deref().map(place).transpose()?,
        },
    };
    let case = &args.statement.case;
    let signed = device.sign(case, &new)?;
    let json = json!({
        "case": case, "freeze": signed.freeze.to_hex(), "signature": signed.signature.to_hex(),
        "total_fen": signed.total.fen(), "text": signed.text, "status": "saved",
    });
    let word = if args.refuse {
        "recorded refusal of"
    } else {
        "signed"
    };
    let text = format!(
        "{}\n{word} {} by {}",
        signed.text, signed.total, args.signer
    );
    Ok(Said::new(json, text))
}

/// Degrees as ten-millionths, without floating point.
fn place(text: &str) -> Result<(i32, i32), Failure> {
    let bad = || {
        let say =
            format!("{text:?} is no place: write LATITUDE,LONGITUDE, such as 36.8401,101.9502");
        Failure::input("bad_place", say)
    };
    let degrees = |part: &str, most: i32| -> Option<i32> {
        let (sign, digits) = part
            .trim()
            .strip_prefix('-')
            .map_or((1, part.trim()), |rest| (-1, rest));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let padded = format!("{decimals:0<7}");
        let parts: i32 = (padded.len() == 7).then(|| padded.parse().ok())??;
        let whole: i32 = whole
            .parse()
            .ok()
            .filter(|whole| (0..=most).contains(whole))?;
        Some(sign * (whole * 10_000_000 + parts)).filter(|all| all.abs() <= most * 10_000_000)
    };
    let (latitude, longitude) = text.split_once(',').ok_or_else(bad)?;
    degrees(latitude, 90)
        .zip(degrees(longitude, 180))
        .ok_or_else(bad)
}

/// Ink as JSON: a list of strokes, each a list of `[x, y, t_ms, pressure]`.
fn read_ink(path: &Path) -> Result<Vec<Stroke>, Failure> {
    let bad = |detail: String| {
        Failure::input(
            "bad_ink",
            format!("no ink in it ({detail}): give [[[x, y, t_ms, pressure], …], …]"),
        )
        .at(path)
    };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let strokes: Vec<Vec<(i32, i32, u32, u16)>> =
        serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    let points = |stroke: Vec<_>| {
        let point = |(x, y, t_ms, pressure)| Point {
            x,
            y,
            t_ms,
            pressure,
        };
        Stroke(stroke.into_iter().map(point).collect())
    };
    Ok(strokes.into_iter().map(points).collect())
}

/// A later act over a signature: taken back, or seen.
pub(super) fn follow(
    device: &Device,
    (case, signature): (&str, &str),
    reason: Option<&str>,
) -> Result<Said, Failure> {
    let word = match reason {
        Some(reason) => {
            device.revoke(case, signature, reason)?;
            "revoked"
        }
        None => {
            device.witness(case, signature)?;
            "witnessed"
        }
    };
    Ok(Said::new(
        json!({"case": case, "signature": signature, "act": word, "status": "saved"}),
        format!("{word} {signature}"),
    ))
}

/// One signature for machines.
pub(super) fn signature_json(one: &SignatureStanding) -> Value {
    let body = &one.signature.body;
    json!({
        "signature": one.signature.id.to_hex(), "freeze": body.freeze.to_hex(), "signer": body.signer,
        "statement": one.freeze.kind().word(), "total_fen": one.freeze.total.fen(), "state": one.state.word(),
        "zh": one.state.sentence(Language::Zh), "en": one.state.sentence(Language::En),
        "reason": one.reason, "witnesses": one.witnesses, "id_no": body.id_no, "relation": body.relation,
        "place_e7": body.place, "user": one.signature.header.user, "wall_ms": one.signature.header.wall.0,
    })
}

/// Every signature of a case: its state with the reason in both languages, and files if wished.
pub(super) fn signatures(
    device: &Device,
    case: &str,
    files: &SignatureFiles,
) -> Result<Said, Failure> {
    let view = device.case(case)?;
    let mut said = Said::new(Value::Null, String::new());
    for one in &view.standing.signatures {
        let id = one.signature.id.to_hex();
        let short: String = id.chars().take(12).collect();
        let when = civil_text(one.signature.header.wall, ZONE);
        said.text.push_str(&format!(
            "{short}  {}  {}  {} 元  {when}\n    {}\n    {}\n",
            one.freeze.kind().word(),
            one.signature.body.signer,
            one.freeze.total,
            one.state.sentence(Language::Zh),
            one.state.sentence(Language::En),
        ));
        if let Some(reason) = &one.reason {
            said.text
                .push_str(&format!("    理由 / reason: {reason}\n"));
        }
        for witness in &one.witnesses {
            said.text
                .push_str(&format!("    见证人 / witness: {witness}\n"));
        }
        write_files(device, (case, one), files, &short)?;
    }
    if view.standing.signatures.is_empty() {
        said.text.push_str("没有签字 / no signatures\n");
    }
    let all: Vec<Value> = view
        .standing
        .signatures
        .iter()
        .map(signature_json)
        .collect();
    said.json = json!({"case": case, "signatures": all});
    Ok(said)
}

fn write_files(
    device: &Device,
    (case, one): (&str, &SignatureStanding),
    files: &SignatureFiles,
    short: &str,
) -> Result<(), Failure> {
    if let Some(folder) = &files.ink {
        let body = &one.signature.body;
        write(folder, &format!("{short}.svg"), ink::svg(body).as_bytes())?;
        let png = ink::png(body).map_err(|error| Failure::bug("ink", error.to_string()))?;
        write(folder, &format!("{short}.png"), &png)?;
    }
    if let Some(folder) = &files.packets {
        let packet = device.statement_packet(case, &one.signature.id.to_hex())?;
        write(folder, &format!("{short}.cbor"), &cbor::encode(&packet))?;
    }
    Ok(())
}

/// Writes one file into a folder, which is made if need be.
pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let file = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&file, bytes))
        .map_err(|error| {
            let say = format!("cannot be written ({error}): check the folder");
            Failure::not_now("unwritable", say).at(&file)
        })
}
