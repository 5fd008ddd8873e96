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
        (
            "a refusal was told once, the answer was lost, and phone and hub never agreed again",
            Script {
                seed: 5_067,
                phones: vec![0, 2, 3, 4, 5],
                forks: false,
                stimuli: vec![
                    at(34_935, What::Act(4, Act::Line), 16_734_443_351_477_417_023),
                    at(
                        45_100,
                        What::Fault(4, Fault::Kill),
                        16_664_600_339_481_068_776,
                    ),
                    at(
                        46_476,
                        What::Act(4, Act::Trespass),
                        4_533_522_585_592_709_521,
                    ),
                    at(
                        46_930,
                        What::Act(3, Act::Trespass),
                        9_052_729_984_611_389_989,
                    ),
                ],
            },
        ),
        (
            "one forbidden change on top of another stopped the phone from hearing of either",
            Script {
                seed: 5_179,
                phones: vec![1, 4, 5],
                forks: false,
                stimuli: vec![
                    at(
                        28_564,
                        What::Fault(2, Fault::LinkDown),
                        6_196_389_485_030_287_407,
                    ),
                    at(52_813, What::Act(2, Act::Sign), 17_351_913_135_502_077_113),
                    at(
                        67_892,
                        What::Act(2, Act::Trespass),
                        3_568_845_218_628_279_217,
                    ),
                    at(
                        337_795,
                        What::Act(2, Act::Trespass),
                        8_636_168_654_397_736_465,
                    ),
                ],
            },
        ),
    ]
}
