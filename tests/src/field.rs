//! Made-up field work: people, places and texts of a district, and a clock that runs as people do.
//!
//! The wire measurements and the training of the page dictionary work through a real [`Device`]
//! with these; they use different [`Words`], so that no name, place or text of the one is known
//! to the other. The same seed gives the same work.

mod words;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use lossbook_core::app::{AppError, Device, NewPhoto, NewSignature, SignerClaims, Taken};
use lossbook_core::chain::Origin;
use lossbook_core::domain::{Digest, Host, Place, Reading, WallMs, Wgs84};
use lossbook_core::evidence::{Fix, Provider};
use lossbook_core::record::Section;
use lossbook_core::statement::{Act, Point, Stroke, Wanted};

pub use words::{MEASURED, TRAINING, Words};

/// When the made-up work begins: 2025-07-01 14:00 in Qinghai.
const START_MS: i64 = 1_751_349_600_000;

/// Repeatable choices (splitmix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }

    /// One of some.
    pub fn pick<'a>(&mut self, some: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.roll(some.len() as u64)).unwrap_or(0);
        some.get(at).copied().unwrap_or("")
    }

    fn spread(&mut self, half: i32) -> i32 {
        let whole = u64::from(half.unsigned_abs()) * 2 + 1;
        i32::try_from(self.roll(whole)).unwrap_or(0) - half
    }
}

/// A phone's senses: clocks that move when work is done, randomness that repeats.
#[derive(Debug)]
pub struct FieldHost {
    seed: u64,
    now: AtomicI64,
    drawn: AtomicU64,
}

impl FieldHost {
    /// With its own randomness.
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            now: AtomicI64::new(START_MS),
            drawn: AtomicU64::new(0),
        }
    }

    /// Lets time pass.
    pub fn pass(&self, ms: u64) {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    /// The wall clock.
    pub fn wall(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }
}

impl Host for FieldHost {
    fn now(&self) -> Reading {
        // Reading a clock takes its time, so that no two readings are the same by design.
        let now = self.now.fetch_add(1, Ordering::Relaxed);
        Reading {
            wall: WallMs(now),
            boot_id: [0x5b; 16],
            mono_ms: u64::try_from(now - START_MS).unwrap_or(0) + 86_400_000,
        }
    }

    fn fill_random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
            let parts = [self.seed.to_le_bytes(), drawn.to_le_bytes()];
            let digest = Digest::labelled("field", &[&parts[0], &parts[1]]);
            for (to, from) in chunk.iter_mut().zip(digest.as_bytes()) {
                *to = *from;
            }
        }
    }
}

/// Somebody at work with a phone.
#[derive(Debug)]
pub struct Worker<'w> {
    /// The phone.
    pub device: &'w Device,
    /// Its clock.
    pub host: &'w FieldHost,
    /// What people here are called and say.
    pub words: &'w Words,
    /// What comes next.
    pub dice: Dice,
}

type Pairs = Vec<(String, String)>;

fn pairs(all: Vec<(&str, String)>) -> Pairs {
    all.into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect()
}

impl Worker<'_> {
    fn work(&mut self, least_s: u64, most_s: u64) {
        let ms = least_s * 1_000 + self.dice.roll((most_s - least_s) * 1_000);
        self.host.pass(ms);
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.dice.roll(10).to_string()).collect()
    }

    fn name(&mut self) -> String {
        let (surname, given) = (self.words.surnames, self.words.given);
        let mut name = self.dice.pick(surname).to_owned();
        for _ in 0..=self.dice.roll(2) {
            name.push_str(self.dice.pick(given));
        }
        name
    }

    fn phone_number(&mut self) -> String {
        format!("1{}", self.digits(10))
    }

    fn place(&mut self) -> String {
        let (town, village) = (
            self.dice.pick(self.words.towns),
            self.dice.pick(self.words.villages),
        );
        format!("{town}{village}{}号", 1 + self.dice.roll(180))
    }

    fn sentence(&mut self) -> String {
        let phrases = 2 + self.dice.roll(3);
        let some: Vec<&str> = (0..phrases)
            .map(|_| self.dice.pick(self.words.phrases))
            .collect();
        format!("{}。", some.join("，"))
    }

    fn yuan(&mut self, most: u64) -> String {
        format!("{}.{:02}", 1 + self.dice.roll(most), self.dice.roll(100))
    }

    /// Reports a loss with everything that a report asks for.
    ///
    /// # Errors
    /// As the device refuses.
    pub fn report(&mut self) -> Result<String, AppError> {
        self.work(120, 900);
        let report = pairs(vec![
            ("household", self.name()),
            ("reporter", self.name()),
            ("phone", self.phone_number()),
            ("policy_no", format!("P{}", self.digits(19))),
            ("cause", self.dice.pick(self.words.causes).to_owned()),
            ("occurred_at", self.civil()),
            ("place", self.place()),
            ("position", self.position()),
            ("course", self.sentence()),
            ("line", self.dice.pick(self.words.lines).to_owned()),
            ("area", format!("63{}", self.digits(4))),
        ]);
        Ok(self.device.report_loss(None, &report)?.to_string())
    }

    fn civil(&mut self) -> String {
        let (day, hour, minute) = (
            1 + self.dice.roll(28),
            self.dice.roll(24),
            self.dice.roll(60),
        );
        format!("2025-07-{day:02} {hour:02}:{minute:02}")
    }

    fn position(&mut self) -> String {
        format!("36.{},101.{}", self.digits(6), self.digits(6))
    }

    fn set(&mut self, case: &str, path: &str, text: &str) -> Result<(), AppError> {
        self.work(4, 40);
        self.device.set_field(case, path, text)
    }

    fn add(&mut self, case: &str, section: Section, row: &Pairs) -> Result<String, AppError> {
        self.work(15, 90);
        Ok(self.device.add_row(case, section, row)?.to_string())
    }

    /// The rest of a survey's fields: some fifty beside the report.
    ///
    /// # Errors
    /// As the device refuses.
    pub fn survey(&mut self, case: &str) -> Result<(), AppError> {
        for name in [
            "contacted_at",
            "departed_at",
            "arrived_at",
            "survey_started_at",
        ] {
            let at = self.host.wall().to_string();
            self.set(case, &format!("times.{name}"), &at)?;
        }
        for role in ["insured", "payee"] {
            let party = pairs(vec![
                ("name", self.name()),
                ("role", role.to_owned()),
                ("id_no", self.digits(18)),
                ("phone", self.phone_number()),
                ("account", self.digits(19)),
            ]);
            self.add(case, Section::Parties, &party)?;
        }
        let object = pairs(vec![
            ("kind", self.dice.pick(self.words.kinds).to_owned()),
            ("label", self.dice.pick(self.words.kinds).to_owned()),
            ("address", self.place()),
            (
                "structure",
                self.dice.pick(self.words.structures).to_owned(),
            ),
            (
                "area",
                format!("{}.{}", 20 + self.dice.roll(180), self.dice.roll(10)),
            ),
            ("insured_id", self.digits(8)),
            ("year_built", (1970 + self.dice.roll(54)).to_string()),
        ]);
        self.add(case, Section::Objects, &object)?;
        for _ in 0..4 {
            let damage = pairs(vec![
                ("room", self.dice.pick(self.words.rooms).to_owned()),
                ("grade", self.dice.pick(self.words.grades).to_owned()),
                (
                    "area",
                    format!("{}.{}", self.dice.roll(60), self.dice.roll(10)),
                ),
            ]);
            self.add(case, Section::Damage, &damage)?;
        }
        let note = pairs(vec![("text", self.sentence())]);
        self.add(case, Section::Notes, &note)?;
        let at = self.host.wall().to_string();
        self.set(case, "times.survey_done_at", &at)
    }

    /// A loss line of six fields; its row.
    ///
    /// # Errors
    /// As the device refuses.
    pub fn line(&mut self, case: &str) -> Result<String, AppError> {
        let line = pairs(vec![
            ("item", self.dice.pick(self.words.items).to_owned()),
            ("room", self.dice.pick(self.words.rooms).to_owned()),
            ("unit", self.dice.pick(self.words.units).to_owned()),
            (
                "quantity",
                format!("{}.{}", self.dice.roll(80), self.dice.roll(10)),
            ),
            ("unit_price", self.yuan(400)),
            ("amount", self.yuan(9_000)),
        ]);
        self.add(case, Section::Lines, &line)
    }

    /// One field of a case: its path and what it then says.
    ///
    /// # Errors
    /// As the device refuses.
    pub fn edit(&mut self, case: &str, rows: &[String]) -> Result<(String, String), AppError> {
        let row = rows.get(usize::try_from(self.dice.roll(rows.len() as u64)).unwrap_or(0));
        let row = row.map_or("", String::as_str);
        let (path, text) = match self.dice.roll(12) {
            0 => ("report.reporter".to_owned(), self.name()),
            1 => ("report.phone".to_owned(), self.phone_number()),
            2 => ("report.place".to_owned(), self.place()),
            3 => (
                "report.cause".to_owned(),
                self.dice.pick(self.words.causes).to_owned(),
            ),
            4 => (
                "report.policy_no".to_owned(),
                format!("P{}", self.digits(19)),
            ),
            5 => ("times.arrived_at".to_owned(), self.host.wall().to_string()),
            6 => (
                format!("lines.{row}.item"),
                self.dice.pick(self.words.items).to_owned(),
            ),
            7 => (
                format!("lines.{row}.room"),
                self.dice.pick(self.words.rooms).to_owned(),
            ),
            8 => (
                format!("lines.{row}.quantity"),
                format!("{}.{}", self.dice.roll(80), self.dice.roll(10)),
            ),
            9 => (format!("lines.{row}.unit_price"), self.yuan(400)),
            10 => (format!("lines.{row}.amount"), self.yuan(9_000)),
            _ => ("report.occurred_at".to_owned(), self.civil()),
        };
        self.set(case, &path, &text)?;
        Ok((path, text))
    }

    /// Takes a photo: a picture given, told apart and made as long as a phone's by what follows
    /// its first marker.
    ///
    /// # Errors
    /// As the device refuses.
    pub fn photo(&mut self, case: &str, picture: &[u8]) -> Result<(), AppError> {
        self.work(8, 45);
        let bytes = self.lengthened(picture);
        let degrees = |dice: &mut Dice, whole: f64| {
            whole + f64::from(u32::try_from(dice.roll(100_000)).unwrap_or(0)) / 1e7
        };
        let place = Place::new(
            degrees(&mut self.dice, 36.834),
            degrees(&mut self.dice, 101.952),
            None,
        );
        let fix = place.ok().and_then(|place| {
            Some(Fix {
                place: Wgs84::new(place.lat(), place.lon()).ok()?,
                accuracy_m: Some(f64::from(u32::try_from(self.dice.roll(120)).unwrap_or(0)) / 10.0),
                alt_m: Some(2_500.0 + f64::from(self.dice.spread(40))),
                satellites: Some(WallMs(self.host.wall() - 1_000)),
                age_ms: u32::try_from(self.dice.roll(2_000)).unwrap_or(0),
                provider: Provider::Receiver,
            })
        });
        let photo = NewPhoto {
            bytes: &bytes,
            origin: Origin::Camera,
            slot: self.dice.pick(self.words.slots),
            caption: self.dice.pick(self.words.captions),
            taken: Taken { shutter: None, fix },
        };
        self.device.add_photo(case, photo).map(|_| ())
    }

    /// A JPEG with 300 to 400 KiB of comments that nobody else has.
    fn lengthened(&mut self, picture: &[u8]) -> Vec<u8> {
        let (start, rest) = picture.split_at_checked(2).unwrap_or((picture, &[]));
        let mut bytes = start.to_vec();
        for _ in 0..5 {
            let len = 60_000 + u16::try_from(self.dice.roll(5_000)).unwrap_or(0);
            bytes.extend([0xff, 0xfe]);
            bytes.extend((len + 2).to_be_bytes());
            for _ in 0..len / 8 {
                bytes.extend(self.dice.next().to_be_bytes());
            }
            bytes.resize(bytes.len() + usize::from(len % 8), 0);
        }
        bytes.extend(rest);
        bytes
    }

    /// Freezes the estimate and signs it with so many samples of the pen.
    ///
    /// # Errors
    /// As the device refuses.
    pub fn sign(&mut self, case: &str, points: u32) -> Result<(), AppError> {
        self.work(30, 120);
        let signer = self.name();
        let id_no = self.digits(18);
        let signature = NewSignature {
            signer: &signer,
            act: Act::Signed,
            wanted: Wanted::default(),
            strokes: self.ink(points),
            screen: (1_080, 2_160),
            claims: SignerClaims {
                id_no: Some(&id_no),
                place: Some((368_340_000, 1_019_520_000)),
                ..SignerClaims::default()
            },
        };
        self.device.sign(case, &signature).map(|_| ())
    }

    /// Strokes of a pen: speed, direction and pressure change little by little; a sample each
    /// eight milliseconds or so.
    fn ink(&mut self, points: u32) -> Vec<Stroke> {
        let (mut strokes, mut stroke) = (Vec::new(), Vec::new());
        let (mut x, mut y, mut dx, mut dy, mut pressure) = (140, 900, 6, -3, 420_i32);
        let mut t_ms = 0;
        for at in 0..points {
            (dx, dy) = (
                (dx + self.dice.spread(3)).clamp(-14, 14),
                (dy + self.dice.spread(3)).clamp(-14, 14),
            );
            (x, y) = ((x + dx).clamp(0, 1_079), (y + dy).clamp(0, 2_159));
            pressure = (pressure + self.dice.spread(25)).clamp(80, 980);
            t_ms += 8 + u32::from(self.dice.roll(4) == 0);
            stroke.push(Point {
                x,
                y,
                t_ms,
                pressure: u16::try_from(pressure).unwrap_or(0),
            });
            if at % 19 == 18 {
                strokes.push(Stroke(std::mem::take(&mut stroke)));
                (x, y) = (x + 20 + self.dice.spread(15), 860 + self.dice.spread(60));
                t_ms += 90 + u32::try_from(self.dice.roll(120)).unwrap_or(0);
            }
        }
        if !stroke.is_empty() {
            strokes.push(Stroke(stroke));
        }
        strokes
    }
}
