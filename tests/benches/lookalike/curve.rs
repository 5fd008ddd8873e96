//! What each limit would find and wrongly find, as figures and as a picture.

use std::fmt::Write;

use super::alter::KINDS;

/// Shares for every limit from 0 on.
#[derive(Debug)]
pub(crate) struct Curve {
    found: Vec<Vec<f64>>,
    wrong: Vec<f64>,
    unrelated: usize,
}

impl Curve {
    /// From the distance at which each copy's original was found, and each unrelated photo's
    /// nearest, if any.
    pub(crate) fn of(
        copies: &[(usize, Option<u32>)],
        unrelated: &[Option<u32>],
        furthest: u32,
    ) -> Self {
        let up_to = |distances: &[Option<u32>]| -> Vec<f64> {
            let within = |limit: u32| {
                distances
                    .iter()
                    .filter(|one| one.is_some_and(|one| one <= limit))
                    .count()
            };
            (0..=furthest)
                .map(|limit| share(within(limit), distances.len()))
                .collect()
        };
        let of_kind = |kind: usize| -> Vec<Option<u32>> {
            let own = copies.iter().filter(|(own, _)| *own == kind);
            own.map(|(_, distance)| *distance).collect()
        };
        Self {
            found: (0..KINDS.len()).map(|kind| up_to(&of_kind(kind))).collect(),
            wrong: up_to(unrelated),
            unrelated: unrelated.len(),
        }
    }

    pub(crate) fn unrelated(&self) -> usize {
        self.unrelated
    }

    pub(crate) fn recall_of(&self, kind: usize, limit: u32) -> f64 {
        self.found.get(kind).map_or(0.0, |found| at(found, limit))
    }

    pub(crate) fn recall(&self, limit: u32) -> f64 {
        let all: f64 = (0..KINDS.len())
            .map(|kind| self.recall_of(kind, limit))
            .sum();
        all / share(KINDS.len(), 1)
    }

    pub(crate) fn false_hits(&self, limit: u32) -> f64 {
        at(&self.wrong, limit)
    }

    /// Both curves over the limit; the limit in use is marked.
    pub(crate) fn svg(&self, used: u32) -> String {
        let furthest = u32::try_from(self.wrong.len())
            .unwrap_or(1)
            .saturating_sub(1)
            .max(1);
        let x = |limit: u32| 70.0 + 620.0 * f64::from(limit) / f64::from(furthest);
        let y = |share: f64| 330.0 - 290.0 * share;
        let line = |value: &dyn Fn(u32) -> f64| {
            let points =
                (0..=furthest).map(|limit| format!("{:.1},{:.1}", x(limit), y(value(limit))));
            points.collect::<Vec<_>>().join(" ")
        };
        let mut svg = String::from(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 400\" font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"720\" height=\"400\" fill=\"white\"/>\n",
        );
        let mut put = |text: std::fmt::Arguments<'_>| {
            // Writing to a string cannot fail.
            let _done = svg.write_fmt(text);
        };
        for tenths in [0_u32, 25, 50, 75, 95, 100] {
            let height = y(f64::from(tenths) / 100.0);
            put(format_args!(
                "<line x1=\"70\" x2=\"690\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#ddd\"/>\n\
                 <text x=\"62\" y=\"{:.1}\" text-anchor=\"end\">{tenths} %</text>\n",
                height + 4.0
            ));
        }
        for limit in (0..=furthest).step_by(4) {
            put(format_args!(
                "<text x=\"{:.1}\" y=\"350\" text-anchor=\"middle\">{limit}</text>\n",
                x(limit)
            ));
        }
        put(format_args!(
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"40\" y2=\"330\" stroke=\"#888\" stroke-dasharray=\"4\"/>\n\
             <text x=\"{1:.1}\" y=\"34\" text-anchor=\"middle\">limit in use 所用界限: {used}</text>\n",
            x(used),
            x(used)
        ));
        put(format_args!(
            "<polyline fill=\"none\" stroke=\"#1a6\" stroke-width=\"2\" points=\"{}\"/>\n",
            line(&|limit| self.recall(limit))
        ));
        put(format_args!(
            "<polyline fill=\"none\" stroke=\"#c33\" stroke-width=\"2\" points=\"{}\"/>\n",
            line(&|limit| self.false_hits(limit))
        ));
        put(format_args!(
            "<text x=\"380\" y=\"370\" text-anchor=\"middle\">differing bits allowed, of 160 允许不同的位数</text>\n\
             <text x=\"84\" y=\"58\" fill=\"#1a6\">copies found 找到的副本</text>\n\
             <text x=\"84\" y=\"76\" fill=\"#c33\">unrelated photos that hit anything 无关照片误中</text>\n</svg>\n"
        ));
        svg
    }
}

fn at(shares: &[f64], limit: u32) -> f64 {
    let place = usize::try_from(limit).unwrap_or(usize::MAX);
    shares.get(place).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}
