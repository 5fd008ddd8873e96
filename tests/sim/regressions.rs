//! Worlds that failed once, shortened to what brings the fault out, each under the name of it.

use super::script::{Act, Fault, Script, Stimulus, What};

const fn at(at: u64, what: What, dice: u64) -> Stimulus {
    Stimulus { at, what, dice }
}

/// One of them.
pub(super) struct Kept {
    pub(super) name: &'static str,
    seed: u64,
    phones: &'static [usize],
    stimuli: &'static [Stimulus],
}

impl Kept {
    /// To be lived again.
    pub(super) fn script(&self) -> Script {
        Script {
            seed: self.seed,
            phones: self.phones.to_vec(),
            forks: false,
            stimuli: self.stimuli.to_vec(),
        }
    }
}

/// All of them.
pub(super) const ALL: &[Kept] = &[
    Kept {
        name: "a phone restored to before its first word wrote into a stream that nobody pushes",
        seed: 48,
        phones: &[0, 1, 2, 3],
        stimuli: &[
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
    Kept {
        name: "a restored phone wrote on before it met its hub: both pasts stay, and all agree",
        seed: 253,
        phones: &[0, 2, 3],
        stimuli: &[
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
    Kept {
        name: "a refusal was told once, the answer was lost, and phone and hub never agreed again",
        seed: 5_067,
        phones: &[0, 2, 3, 4, 5],
        stimuli: &[
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
    Kept {
        name: "one forbidden change on top of another stopped the phone from hearing of either",
        seed: 5_179,
        phones: &[1, 4, 5],
        stimuli: &[
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
    Kept {
        name: "who pulled again after a colleague was withdrawn refused what that one had written",
        seed: 5_392,
        phones: &[0, 4],
        stimuli: &[
            at(29_401, What::Act(0, Act::Refuse), 3_907_563_847_994_844_835),
            at(30_476, What::Act(1, Act::Photo), 2_350_107_496_719_233_149),
            at(
                32_639,
                What::Fault(1, Fault::KeepCopy),
                7_471_588_258_207_601_484,
            ),
            at(32_978, What::Revoke(0), 1_198_466_829_825_437_670),
            at(44_266, What::Act(1, Act::Line), 14_142_295_570_944_562_146),
            at(
                49_701,
                What::Fault(1, Fault::Restore),
                14_639_871_144_510_401_841,
            ),
        ],
    },
    Kept {
        name: "a phone died in the very step in which it obeyed its withdrawal",
        seed: 1_003_684,
        phones: &[0, 3, 5],
        stimuli: &[
            at(146_546, What::Act(0, Act::Line), 833_822_204_436_833_898),
            at(560_322, What::Revoke(0), 7_818_571_337_262_707_136),
            at(
                717_927,
                What::Fault(0, Fault::Kill),
                6_573_479_449_194_972_606,
            ),
            at(833_355, What::Act(0, Act::Line), 14_760_212_253_948_222_568),
            at(
                933_911,
                What::Fault(0, Fault::NewApp),
                3_798_260_708_903_706_743,
            ),
        ],
    },
];
