//! Programs from numbers: the same number gives the same program, on every machine.

use super::program::*;

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// From 0 up to `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// From 0 up to `end`.
    pub(super) fn small(&mut self, end: u32) -> u32 {
        u32::try_from(self.below(end.into())).unwrap_or_default()
    }

    /// So often out of a hundred.
    pub(super) fn percent(&mut self, often: u64) -> bool {
        self.below(100) < often
    }

    pub(super) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        let place = self.below(among.len() as u64);
        among[usize::try_from(place).unwrap_or_default()]
    }
}

/// Makes programs.
pub(super) struct Generator<'a> {
    rng: &'a mut Rng,
    /// Steps that may still be made.
    budget: u32,
    children: u32,
    acts: u32,
    /// Only what gives the same result whatever comes first.
    settled: bool,
    /// What the ids of activities begin with: no two of one run may be the same.
    whose: String,
}

impl<'a> Generator<'a> {
    pub(super) fn new(rng: &'a mut Rng) -> Self {
        let budget = 2 + rng.small(18);
        Self {
            rng,
            budget,
            children: 0,
            acts: 0,
            settled: false,
            whose: "act".to_owned(),
        }
    }

    /// Programs whose result does not depend on who is faster, for a service whose time is real.
    pub(super) fn settled(rng: &'a mut Rng) -> Self {
        Self {
            settled: true,
            ..Self::new(rng)
        }
    }

    pub(super) fn program(&mut self) -> Program {
        self.program_at(0)
    }

    /// Steps for the handler of a message of this id.
    pub(super) fn few_steps(&mut self, message: &str) -> Vec<Step> {
        message.clone_into(&mut self.whose);
        self.budget = 1 + self.rng.small(3);
        self.steps(2)
    }

    fn program_at(&mut self, depth: u32) -> Program {
        let steps = self.steps(depth);
        let ending = match self.rng.small(100) {
            0..15 => Ending::Failure,
            15..27 if !self.settled && self.budget > 0 => {
                Ending::Again(Box::new(self.program_at(depth + 1)))
            }
            _ => Ending::Log,
        };
        Program { steps, ending }
    }

    fn steps(&mut self, depth: u32) -> Vec<Step> {
        let mut steps = Vec::new();
        let most = 1 + self.rng.small(5);
        while self.budget > 0 && (steps.len() as u64) < u64::from(most) {
            self.budget -= 1;
            steps.push(self.step(depth));
        }
        steps
    }

    fn step(&mut self, depth: u32) -> Step {
        let kinds: u32 = if depth > 3 { 60 } else { 100 };
        match self.rng.small(kinds) {
            0..22 => Step::Do {
                work: self.work(depth),
                must: self.rng.percent(40),
            },
            22..37 => {
                let how = [Two::Join, Two::Settle, Two::Race];
                Step::Two {
                    how: self.rng.pick(if self.settled { &how[1..2] } else { &how }),
                    first: self.work(depth),
                    second: self.work(depth),
                }
            }
            37..40 => {
                let count = self.rng.small(4);
                Step::Locals {
                    acts: (0..count).map(|_| self.local()).collect(),
                }
            }
            40..46 => self.many(),
            46..52 if !self.settled => Step::Note,
            52..58 if !self.settled => Step::Lend {
                act: self.act(),
                millis: self.millis(),
                then: self.then(),
            },
            58..60 if !self.settled => Step::Cut,
            46..60 => Step::Do {
                work: Work::Act(self.act()),
                must: false,
            },
            60..70 => Step::Start {
                act: self.act(),
                meanwhile: self.steps(depth + 1),
                then: self.then(),
            },
            70..82 => Step::Spawn {
                steps: self.steps(depth + 1),
                meanwhile: self.steps(depth + 1),
                then: self.then(),
            },
            82..85 if !self.settled && depth < 3 && self.children < 4 => Step::Raise {
                child: self.child(depth),
                pokes: self.rng.small(3),
                cancels: self.rng.percent(30),
                meanwhile: self.steps(depth + 1),
                then: self.then(),
            },
            85..89 => Step::Patched {
                id: self.patch(),
                since: self.steps(depth + 1),
                before: self.steps(depth + 1),
            },
            91..93 if !self.settled => Step::Draw,
            93..95 if !self.settled => Step::Describe {
                value: self.rng.small(10),
            },
            89..91 => Step::Deprecate { id: self.patch() },
            _ => Step::Within {
                shielded: self.rng.percent(40),
                steps: self.steps(depth + 1),
            },
        }
    }

    fn many(&mut self) -> Step {
        let how = [Many::Settle, Many::Join, Many::Next];
        let count = self.rng.small(5);
        Step::Many {
            how: self.rng.pick(if self.settled { &how[..1] } else { &how }),
            acts: (0..count).map(|_| self.act()).collect(),
        }
    }

    fn then(&mut self) -> Then {
        if self.settled {
            return Then::Wait;
        }
        self.rng.pick(&[
            Then::Wait,
            Then::Wait,
            Then::CancelAndWait,
            Then::CancelAndForget,
            Then::Forget,
        ])
    }

    fn work(&mut self, depth: u32) -> Work {
        match self.rng.small(100) {
            0..35 => Work::Act(self.act()),
            35..45 => Work::Local(self.local()),
            45..75 => Work::Timer {
                millis: self.millis(),
            },
            75..90 if depth < 3 && self.children < 4 => Work::Child(Box::new(self.child(depth))),
            90..95 if !self.settled => Work::Poke {
                to: self.somebody(),
            },
            95..97 if !self.settled => Work::Cancel {
                of: self.somebody(),
            },
            _ => Work::Pokes {
                more: if self.settled { 0 } else { self.rng.small(3) },
            },
        }
    }

    fn millis(&mut self) -> u64 {
        if self.settled {
            return self.rng.below(30);
        }
        match self.rng.small(10) {
            0 => 0,
            1 => self.rng.below(10),
            2..8 => self.rng.below(30_000),
            _ => self.rng.below(36_000_000),
        }
    }

    fn act(&mut self) -> Act {
        let doing = match self.rng.small(100) {
            0..60 => Doing::Succeed,
            60..70 => Doing::FailFirst(1 + self.rng.small(2)),
            70..80 => Doing::Fail,
            _ if self.settled => Doing::Succeed,
            80..87 => Doing::Hang,
            87..96 => Doing::UntilCancelled,
            _ => Doing::SwallowCancellation,
        };
        self.acts += 1;
        let own_id = self.rng.percent(10);
        Act {
            value: self.acts,
            doing,
            attempts: if self.settled {
                1
            } else {
                1 + self.rng.small(4)
            },
            stop: self.stop(),
            id: own_id.then(|| format!("{}-{}", self.whose, self.acts)),
        }
    }

    fn local(&mut self) -> Local {
        let mut act = self.act();
        act.id = None;
        Local {
            act,
            patient: self.rng.percent(50),
        }
    }

    /// A workflow that may be there.
    fn somebody(&mut self) -> String {
        self.rng
            .pick(&["root", "root", "child-1", "child-2", "nobody"])
            .to_owned()
    }

    fn patch(&mut self) -> String {
        self.rng.pick(&["first", "second", "third"]).to_owned()
    }

    fn stop(&mut self) -> Stop {
        self.rng.pick(&[Stop::Try, Stop::Wait, Stop::Abandon])
    }

    fn child(&mut self, depth: u32) -> Child {
        self.children += 1;
        // now and then an id that is in use
        let number = if self.children > 1 && !self.settled && self.rng.percent(10) {
            self.children - 1
        } else {
            self.children
        };
        let named = !self.settled && self.rng.percent(80);
        Child {
            id: named.then(|| format!("child-{number}")),
            program: self.program_at(depth + 1),
            stop: self.stop(),
            outlives: self
                .rng
                .pick(&[Outlives::No, Outlives::Yes, Outlives::Asked]),
        }
    }
}
