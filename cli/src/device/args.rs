//! The words of `lossbook device`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::bundle::CarryArgs;
use super::past::HistoryArgs;
use super::peer::PeerArgs;
use super::sign::{SignArgs, SignatureFiles, StatementArgs};
use crate::bundle::ExportArgs;

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
    /// For rehearsals: what the clocks of this phone show, as TIME,BOOT,MS.
    #[arg(long, value_name = "CLOCK")]
    pub clock: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl DeviceArgs {
    /// Whether standard output belongs to the other phone.
    pub const fn speaks_on_stdout(&self) -> bool {
        matches!(&self.command, Command::ByHand(ByHand::Peer(peer)) if peer.stdio.is_some())
    }
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
    /// People who share this phone.
    User {
        /// What to do.
        #[command(subcommand)]
        command: UserCommand,
    },
    /// The scopes this phone works in, and those that head office took away.
    Scopes {
        /// Write what was kept of scopes that were taken away to this file.
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Reference data of head office: tables, or the rows of one.
    Reference {
        /// What to do.
        #[command(subcommand)]
        command: ReferenceCommand,
    },
    /// Print a token with which another program may act for this device at the hub for a while.
    Token,
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
    /// Add photos, videos or voice notes.
    Photo(PhotoArgs),
    /// Write a copy of a photo to a file: smaller, with a watermark, or with parts burnt out.
    Copy {
        /// Case number or id.
        case: String,
        /// The beginning of the photo's digest.
        photo: String,
        /// What copy.
        #[command(flatten)]
        copy: CopyArgs,
    },
    /// Count a shot of the own camera, whether it is kept or not.
    Shutter,
    /// Let go of originals that the hub has confirmed, as a policy asks.
    Free {
        /// Which may go.
        #[command(flatten)]
        policy: FreeArgs,
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
        /// Of this scope only.
        #[arg(long)]
        scope: Option<String>,
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
        /// Ask the hub which photos it lacks, also those of other phones.
        #[arg(long)]
        at_hub: bool,
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
    Sync(SyncArgs),
    /// What goes from hand to hand, without the hub.
    #[command(flatten)]
    ByHand(ByHand),
    /// The rule packs that judge here; newer ones are fetched from the hub if it can be reached.
    Packs,
    /// Who this device is and what waits to be sent.
    Status,
    /// What is kept outside the record, and why.
    Quarantine {
        /// Write it to this file, as docs/formats/quarantine.md says.
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
    },
    /// Project every case anew from its envelopes.
    Rebuild,
}

/// What goes from hand to hand, without the hub.
#[derive(Debug, Subcommand)]
pub enum ByHand {
    /// Write what is here into a bundle that only its receivers can open.
    Export(ExportArgs),
    /// Take bundles in: any parts, in any order, any number of times.
    Import {
        /// Bundles, or parts of them.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Carry bundles for others, unread: the next exchange hands them to the hub.
    Carry(CarryArgs),
    /// Meet another phone, side by side: each gives what the other lacks and may read.
    Peer(PeerArgs),
    /// Write this device's secret for the stock age tool, to open a bundle without this program.
    AgeIdentity {
        /// A new file.
        file: PathBuf,
    },
}

/// People who share a phone.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Let another person of the same hub in with a code of their own; they are signed in then.
    Add {
        /// The enrolment code, one line.
        code: String,
    },
    /// Sign somebody in whom the hub vouched for here. Nothing of anybody else is touched.
    Switch {
        /// The name.
        name: String,
    },
    /// Who is here, and who is signed in.
    List,
}

/// Reference data.
#[derive(Debug, Subcommand)]
pub enum ReferenceCommand {
    /// The tables, or the rows of one; newer ones are fetched if the hub can be reached.
    List {
        /// Which table.
        table: Option<String>,
    },
}

/// Photos to add.
#[derive(Debug, Args)]
pub struct PhotoArgs {
    /// Case number or id.
    pub case: String,
    /// Files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Which shot of the list it is.
    #[arg(long, default_value = "")]
    pub slot: String,
    /// A remark.
    #[arg(long, default_value = "")]
    pub caption: String,
    /// camera, gallery, imported or bundle.
    #[arg(long, default_value = "imported")]
    pub origin: String,
    /// Say each photo as soon as it is saved, one line each, before all at the end.
    #[arg(long)]
    pub each: bool,
    /// What the phone measured when it was taken.
    #[command(flatten)]
    pub taken: TakenArgs,
}

/// Which confirmed originals may go.
#[derive(Debug, Args)]
pub struct FreeArgs {
    /// Case states in which they may go.
    #[arg(long = "state", value_name = "WORD", default_values = ["closed"])]
    pub states: Vec<String>,
    /// How many days a case must have been left alone.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub quiet_days: u32,
    /// Stop when so many bytes are free.
    #[arg(long, value_name = "BYTES")]
    pub until_free: Option<u64>,
}

/// What the phone measured when a photo was taken.
#[derive(Debug, Args, Default)]
pub struct TakenArgs {
    /// The number that `shutter` gave.
    #[arg(long, value_name = "NUMBER")]
    pub shutter: Option<u64>,
    /// The phone's own position: latitude,longitude and the datum if it is not WGS-84.
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub fix: Option<String>,
    /// How far off that may be, in metres.
    #[arg(long, value_name = "METRES", requires = "fix")]
    pub accuracy: Option<f64>,
    /// The satellites' time of it, such as 2025-07-01T06:00:00Z.
    #[arg(long, value_name = "TIME", requires = "fix")]
    pub satellites: Option<String>,
    /// The system says that a program made it up.
    #[arg(long, requires = "fix")]
    pub mocked: bool,
}

/// Which copy, and where it goes.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// Where to write it; a file that is there is left alone.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write time, place, case number and surveyor on it, with this font.
    #[arg(long, value_name = "FONT", conflicts_with = "burn")]
    pub watermark: Option<PathBuf>,
    /// Burn out a part: left,top,width,height in thousandths of the picture. May be repeated.
    #[arg(long, value_name = "L,T,W,H")]
    pub burn: Vec<String>,
    /// Its longer side has at most so many pixels.
    #[arg(long, default_value_t = lossbook_core::evidence::PREVIEW_LONG_SIDE, value_parser = clap::value_parser!(u32).range(16..=16_000))]
    pub long: u32,
}

/// How to exchange.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Seconds to go on trying without any progress.
    #[arg(long, default_value_t = 5)]
    pub patience: u64,
    /// This link costs money: originals of photos wait for another.
    #[arg(long)]
    pub metered: bool,
    /// Instead: what the last exchanges did.
    #[arg(long)]
    pub log: bool,
}
