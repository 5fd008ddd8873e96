//! The words of `lossbook device`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// What the contract says to a case: insured, payable with its steps, due times, what is missing.
    Assess {
        /// Case number or id.
        case: String,
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
    /// Freeze the estimate and sign it.
    Sign {
        /// Case number or id.
        case: String,
        /// Who signs.
        #[arg(long)]
        signer: String,
        /// Language of the text shown: zh or en.
        #[arg(long, default_value = "zh")]
        lang: String,
        /// Ink as JSON.
        #[arg(long, value_name = "FILE")]
        ink: Option<PathBuf>,
        /// Record that the person refused.
        #[arg(long)]
        refuse: bool,
    },
    /// Show the text that would be signed.
    Statement {
        /// Case number or id.
        case: String,
        /// zh or en.
        #[arg(long, default_value = "zh")]
        lang: String,
    },
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
    },
    /// Who did what in a case, in order.
    History {
        /// Case number or id.
        case: String,
    },
    /// Exchange with the hub.
    Sync {
        /// Seconds to go on trying without any progress.
        #[arg(long, default_value_t = 5)]
        patience: u64,
    },
    /// The rule packs that judge here; newer ones are fetched from the hub if it can be reached.
    Packs,
    /// Who this device is and what waits to be sent.
    Status,
    /// What is kept outside the record, and why.
    Quarantine,
    /// Project every case anew from its envelopes.
    Rebuild,
}
