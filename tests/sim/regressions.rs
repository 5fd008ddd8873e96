//! Worlds that failed once, shortened to what brings the fault out, each under the name of it.

use super::script::{Act, Fault, Script, Stimulus, What};

const fn at(at: u64, what: What, dice: u64) -> Stimulus {
    Stimulus { at, what, dice }
}

/// All of them.
pub(super) fn all() -> Vec<(&'static str, Script)> {
    vec![
        (
            "a phone restored to before its first word wrote into a stream that nobody pushes",
            Script {
                seed: 48,
                phones: vec![0, 1, 2, 3],
                forks: false,
                stimuli: vec![
                    at(344_634, What::Fault(3, Fault::KeepCopy), 0),
                    at(
                        2_238_634,
                        What::Act(3, Act::Payee),
                        18_232_428_166_963_518_804,
                    ),
                    at(2_490_640, What::Fault(3, Fault::Restore), 1),
                    at(
                        4_877_976,
                        What::Act(3, Act::Edit),
                        9_585_595_579_144_531_880,
                    ),
                ],
            },
        ),
        (
            "a restored phone wrote on before it met its hub: both pasts stay, and all agree",
            Script {
                seed: 253,
                phones: vec![0, 2, 3],
                forks: false,
                stimuli: vec![
                    at(
                        59_157,
                        What::Fault(2, Fault::KeepCopy),
                        11_536_356_517_260_476_934,
                    ),
                    at(224_143, What::Act(2, Act::Note), 17_159_574_152_600_555_109),
                    at(
                        575_364,
                        What::Fault(2, Fault::Restore),
                        8_239_122_290_742_129_920,
                    ),
                    at(686_391, What::Act(2, Act::Edit), 11_202_915_856_683_671_101),
                ],
            },
        ),
    ]
}
