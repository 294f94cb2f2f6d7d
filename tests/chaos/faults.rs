//! The kinds of faults: how each strikes, and how it passes.

use std::time::{Duration, Instant};

use rand::{RngExt, rngs::SmallRng, seq::SliceRandom};

use crate::{
    link::Traffic,
    world::{NODES, PLACES, SESSION, TRANSACTION, USUAL, World},
};

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `kill -9` at any moment.
    Kill,
    /// The same, at a named point.
    KillAt(&'static str),
    /// SIGSTOP for longer than the group waits for a member.
    FrozenPastSession,
    /// SIGSTOP in the middle of a commit, for longer than the coordinator waits for a transaction.
    FrozenPastTransaction,
    /// One instance, three, and one again.
    Scale,
    /// Each instance is stopped and started, one after the other.
    RollingRestart,
    BrokerKilled,
    BrokerFrozen,
    /// An instance reaches the web, and not the broker.
    CutSilent,
    CutRefused,
    /// The wall clock of an instance jumps, and after its next start is right again.
    ClockForward,
    ClockBack,
    /// Of an instance and of another or the broker.
    TwoAtOnce,
}

/// All kinds.
pub(crate) const KINDS: [Kind; 17] = [
    Kind::Kill,
    Kind::KillAt("after-poll"),
    Kind::KillAt("before-begin"),
    Kind::KillAt("after-produce"),
    Kind::KillAt("before-commit"),
    Kind::KillAt("after-commit"),
    Kind::FrozenPastSession,
    Kind::FrozenPastTransaction,
    Kind::Scale,
    Kind::RollingRestart,
    Kind::BrokerKilled,
    Kind::BrokerFrozen,
    Kind::CutSilent,
    Kind::CutRefused,
    Kind::ClockForward,
    Kind::ClockBack,
    Kind::TwoAtOnce,
];

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kind::KillAt(point) => write!(f, "kill {point}"),
            kind => write!(f, "{kind:?}"),
        }
    }
}

/// Seconds: longer than anything is waited for, and by so much shorter than the last look for edits that a jump back and
/// one ahead, soon after each other, do not make it seem past.
const CLOCK_JUMP: i64 = 120;

/// How a fault passes.
enum Relief {
    Start(usize),
    Thaw(usize),
    Mend(usize),
    /// Stopped and started as it should be.
    Restart(usize),
    StartNode(u16),
    ThawNode(u16),
    /// Back to the usual instances.
    ScaleDown,
}

/// Each kind of fault of which the name contains `named`, once in random order, and again, until there are this many.
pub(crate) fn plan(count: usize, named: &str, random: &mut SmallRng) -> Vec<Kind> {
    let fitting: Vec<Kind> = KINDS.into_iter().filter(|kind| kind.to_string().contains(named)).collect();
    assert!(!fitting.is_empty(), "no kind of fault is named like `{named}`");
    let mut plan = Vec::new();
    while plan.len() < count {
        let mut kinds = fitting.clone();
        kinds.shuffle(random);
        plan.extend(kinds);
    }
    plan.truncate(count);
    plan
}

impl World {
    /// Lets a fault happen and end. Returns how long it took from then until each site's next story was published.
    pub(crate) fn suffer(&mut self, kind: Kind, random: &mut SmallRng) -> Duration {
        let place = USUAL[random.random_range(0..USUAL.len())];
        let mut reliefs = self.strike(kind, place, random);
        let struck = Instant::now();
        let stories = self.press.print_everywhere();
        reliefs.sort_by_key(|(after, _)| *after);
        for (after, relief) in reliefs {
            self.pause(after.saturating_sub(struck.elapsed()));
            self.relieve(&relief);
        }
        let published = self.wait_for(&stories);
        self.check();
        published.saturating_duration_since(struck)
    }

    fn strike(&mut self, kind: Kind, place: usize, random: &mut SmallRng) -> Vec<(Duration, Relief)> {
        let moment = Duration::from_millis(random.random_range(0..1500));
        match kind {
            Kind::Kill => {
                self.pause(moment);
                self.instances[place].kill();
                vec![(moment, Relief::Start(place))]
            }
            Kind::KillAt(point) => {
                self.restart_with(place, "COPYDESK_FAULT", &format!("{point}:{}", random.random_range(1..6)));
                self.wait_until(place, |instance| instance.has_ended());
                self.instances[place].kill();
                vec![(moment, Relief::Start(place))]
            }
            Kind::FrozenPastSession => {
                self.instances[place].signal("STOP");
                vec![(SESSION + Duration::from_secs(1), Relief::Thaw(place))]
            }
            Kind::FrozenPastTransaction => {
                let passing = random.random_range(2..6);
                self.restart_with(place, "COPYDESK_FAULT", &format!("before-commit:{passing}:stop"));
                self.wait_until(place, |instance| instance.is_frozen());
                vec![(TRANSACTION + Duration::from_secs(2), Relief::Thaw(place))]
            }
            Kind::Scale => {
                self.instances[1].stop();
                self.instances[2].start(&[]);
                self.instances[3].start(&[]);
                vec![(Duration::from_secs(4), Relief::ScaleDown)]
            }
            Kind::RollingRestart => {
                self.restart(USUAL[0]);
                vec![(Duration::from_secs(2), Relief::Restart(USUAL[1]))]
            }
            Kind::BrokerKilled => {
                let node = random.random_range(0..NODES);
                self.broker.kill(node);
                vec![(SESSION + moment, Relief::StartNode(node))]
            }
            Kind::BrokerFrozen => {
                let node = random.random_range(0..NODES);
                self.broker.signal(node, "STOP");
                vec![(SESSION + moment, Relief::ThawNode(node))]
            }
            Kind::CutSilent | Kind::CutRefused => {
                self.cut(place, if kind == Kind::CutSilent { Traffic::Silent } else { Traffic::Refused });
                vec![(SESSION + moment, Relief::Mend(place))]
            }
            Kind::ClockForward | Kind::ClockBack => {
                let sign = if kind == Kind::ClockForward { 1 } else { -1 };
                self.restart_with(place, "COPYDESK_FAULT_CLOCK", &format!("{}:2000", sign * CLOCK_JUMP));
                self.pause(Duration::from_secs(3));
                vec![(Duration::from_secs(3), Relief::Restart(place))]
            }
            Kind::TwoAtOnce => {
                let pairs = [
                    (Kind::Kill, Kind::BrokerKilled),
                    (Kind::Kill, Kind::Kill),
                    (Kind::FrozenPastSession, Kind::Kill),
                    (Kind::FrozenPastSession, Kind::BrokerFrozen),
                    (Kind::CutSilent, Kind::Kill),
                    (Kind::CutRefused, Kind::BrokerKilled),
                ];
                let (first, second) = pairs[random.random_range(0..pairs.len())];
                let mut reliefs = self.strike(first, place, random);
                let other = USUAL[(USUAL.iter().position(|usual| *usual == place).unwrap() + 1) % USUAL.len()];
                reliefs.extend(self.strike(second, other, random));
                reliefs
            }
        }
    }

    fn relieve(&mut self, relief: &Relief) {
        match *relief {
            Relief::Start(place) => self.instances[place].start(&[]),
            Relief::Thaw(place) => self.instances[place].signal("CONT"),
            Relief::Mend(place) => self.cut(place, Traffic::Open),
            Relief::Restart(place) => self.restart(place),
            Relief::StartNode(node) => self.broker.restart(node),
            Relief::ThawNode(node) => self.broker.signal(node, "CONT"),
            Relief::ScaleDown => {
                (0..PLACES).filter(|place| !USUAL.contains(place)).for_each(|place| self.instances[place].stop());
                self.pause(Duration::from_secs(1));
                self.instances[1].start(&[]);
            }
        }
    }

    fn restart(&mut self, place: usize) {
        self.instances[place].stop();
        self.instances[place].start(&[]);
    }

    fn restart_with(&mut self, place: usize, variable: &str, value: &str) {
        self.instances[place].stop();
        self.instances[place].start(&[(variable, value)]);
    }

    /// Waits for a fault within an instance. One that owns nothing never gets to it, and is killed or frozen by hand.
    fn wait_until(&mut self, place: usize, there: impl Fn(&mut crate::instance::Instance) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !there(&mut self.instances[place]) {
            if Instant::now() > deadline {
                self.instances[place].signal("STOP");
                return;
            }
            self.pause(Duration::from_millis(50));
        }
    }
}
