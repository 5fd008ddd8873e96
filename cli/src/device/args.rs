//! The words of `lossbook device`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::past::HistoryArgs;
use super::sign::{SignArgs, SignatureFiles, StatementArgs};

/// `lossbook device`.
#[derive(Debug, Args)]
pub struct DeviceArgs {
    /// Folder of the device's encrypted store.
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
    /// Key file; DIR.key beside the home if not given.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// PEM file of the authority that vouches for the hub's certificate.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What a device does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new device in an empty folder.
    Init,
    /// Become known to the hub that printed this code.
    Enrol {
        /// The enrolment code, one line.
        code: String,
    },
    /// Report a new loss; fields as name=value (household, reporter, phone, cause, place, …).
    #[command(visible_alias = "case")]
    Report {
        /// Which scope; may be left out if there is only one.
        #[arg(long)]
        scope: Option<String>,
        /// Fields of the report.
        fields: Vec<String>,
    },
    /// Write one field: report.cause, times.arrived_at (a time, or now), lines.ROW.amount.
    Set {
        /// Case number or id.
        case: String,
        /// Which field.
        path: String,
        /// Its value.
        value: String,
    },
    /// Add a row: parties, objects, damage, lines or notes.
    Add {
        /// Case number or id.
        case: String,
        /// Which section.
        section: String,
        /// Its fields as name=value.
        fields: Vec<String>,
    },
    /// Add a loss line, or change one with --row.
    Line {
        /// Case number or id.
        case: String,
        /// The row to change.
        #[arg(long)]
        row: Option<String>,
        /// item=…, room=…, unit=…, quantity=…, unit_price=…, amount=…
        fields: Vec<String>,
    },
    /// Add photos.
    Photo {
        /// Case number or id.
        case: String,
        /// Files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Which shot of the list it is.
        #[arg(long, default_value = "")]
        slot: String,
        /// A remark.
        #[arg(long, default_value = "")]
        caption: String,
        /// camera, gallery or imported.
        #[arg(long, default_value = "imported")]
        origin: String,
    },
    /// Withdraw a row: it stays readable and no longer counts.
    Withdraw {
        /// Case number or id.
        case: String,
        /// Which row: lines.ROW, parties.ROW, photos.ROW, …
        row: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Settle a dispute: a contested field with one of its values, a withdrawn row that another
    /// edited with keep or withdraw, several payees by the role of one, a clash with other cases
    /// by the value that stands here.
    Settle {
        /// Case number or id.
        case: String,
        /// Which field.
        path: String,
        /// The value chosen.
        value: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Freeze a statement and sign it, or record that the person refused.
    Sign(SignArgs),
    /// Take a signature back.
    Revoke {
        /// Case number or id.
        case: String,
        /// The signature's id, or how it begins.
        signature: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Say, on a second device, to have seen a signature made.
    Witness {
        /// Case number or id.
        case: String,
        /// The signature's id, or how it begins.
        signature: String,
    },
    /// Show the text that would be signed.
    Statement(StatementArgs),
    /// List cases, newest first.
    List {
        /// Words to find; two Chinese characters are enough.
        #[arg(long)]
        find: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// After skipping so many.
        #[arg(long, default_value_t = 0)]
        offset: u32,
    },
    /// Show one case with everything that stands in it.
    Show {
        /// Case number or id.
        case: String,
        /// Show its signatures only, each with its state and the reason.
        #[arg(long)]
        signatures: bool,
        /// Pictures and files of the signatures.
        #[command(flatten)]
        files: SignatureFiles,
        /// Write the case document as Automerge saves it.
        #[arg(long, value_name = "FILE")]
        automerge: Option<PathBuf>,
    },
    /// Who did what in a case, in order; or one view of it.
    History(HistoryArgs),
    /// Exchange with the hub.
    Sync {
        /// Seconds to go on trying without any progress.
        #[arg(long, default_value_t = 5)]
        patience: u64,
    },
    /// Who this device is and what waits to be sent.
    Status,
    /// What is kept outside the record, and why.
    Quarantine,
    /// Project every case anew from its envelopes.
    Rebuild,
}
