//! Every state with every action, over a store: as the table says, or refused with nothing changed.

use kernel::{Caller, Role};

use super::scene::{Scene, id};
use crate::{
    Action, Changes, Command, FollowUp, Score, Snapshot, Status, SupportRequestError, Tags, TimelineEntry,
    testing::StoredConversation,
};

/// What is done, in the order of the rows below.
const DEEDS: [&str; 19] = [
    "assign",
    "unassign",
    "take",
    "start",
    "wait",
    "resolve",
    "reopen",
    "close",
    "update",
    "escalate",
    "rate",
    "snooze",
    "wake",
    "archive",
    "unarchive",
    "delete",
    "restore",
    "merge",
    "follow_up",
];

/// For each state what becomes of each deed: `+` it is done, `=` it is so already, `-` it is refused. Whoever does it
/// is the assignee of all but the open one.
const TABLE: [(Status, &str); 6] = [
    (Status::Open, "+ = + - - + - + + + - + = - = + = + -"),
    (Status::Assigned, "+ + = + + + - + + + - + = - = + = + -"),
    (Status::InProgress, "+ + = = + + - + + + - + = - = + = + -"),
    (Status::WaitingCustomer, "+ + = + = + - + + + - + = - = + = + -"),
    (Status::Resolved, "+ + = - - = + + + - + - - + = + = + -"),
    (Status::Closed, "- - = - - - - = - - + - - + = + = - +"),
];

/// All that a refusal must leave as it was.
#[derive(Debug, PartialEq)]
struct Everything {
    requests: Vec<Snapshot>,
    timelines: Vec<Vec<TimelineEntry>>,
    conversations: Vec<StoredConversation>,
    events: usize,
}

struct Case {
    scene: Scene,
    admin: Caller,
    request: kernel::SupportRequestId,
    other: kernel::SupportRequestId,
}

impl Case {
    /// A request that came to this state by what led to it, and another of the same person.
    async fn new(status: Status) -> Self {
        let scene = Scene::new();
        let admin = scene.user(Role::Admin, "Alix Roy");
        let (request, other) = (scene.opened().await, scene.opened().await);
        let way: &[Action] = match status {
            Status::Open => &[],
            Status::Assigned => &[Action::Take],
            Status::InProgress => &[Action::Take, Action::Start],
            Status::WaitingCustomer => &[Action::Take, Action::Wait],
            Status::Resolved => &[Action::Take, Action::Resolve { resolution: None }],
            Status::Closed => &[Action::Take, Action::Close],
        };
        for action in way {
            scene.act(&admin, request, action.clone()).await.unwrap();
        }
        assert_eq!(scene.stored(request).status, status);
        // So that a repeat of the last command is not taken for one of these.
        scene.pass(60);
        scene.feed.take();
        Self { scene, admin, request, other }
    }

    fn everything(&self) -> Everything {
        let both = [self.request, self.other];
        let requests: Vec<_> =
            both.iter().filter_map(|id| self.scene.store.stored(self.scene.organization, *id)).collect();
        let thread = |one: &Snapshot| self.scene.store.conversation(one.organization, one.conversation).unwrap();
        Everything {
            timelines: both.iter().map(|id| self.scene.timeline(*id)).collect(),
            conversations: requests.iter().map(thread).collect(),
            requests,
            events: self.scene.store.outbox().len(),
        }
    }

    async fn attempt(&self, deed: &str) -> Result<(), SupportRequestError> {
        let agent = Some(id(&self.scene.agent));
        let until = Some(kernel::Env::now(&*self.scene.env) + std::time::Duration::from_hours(1));
        let tags = Some(Tags::stored(vec!["vip".to_owned()]));
        let action = match deed {
            "assign" => Action::Assign { agent },
            "unassign" => Action::Assign { agent: None },
            "take" => Action::Take,
            "start" => Action::Start,
            "wait" => Action::Wait,
            "resolve" => Action::Resolve { resolution: None },
            "reopen" => Action::Reopen,
            "close" => Action::Close,
            "update" => Action::Update(Box::new(Changes { tags, ..Changes::default() })),
            "escalate" => Action::Escalate,
            "rate" => Action::Rate { score: Score::stored(4), comment: None },
            "snooze" => Action::Snooze { until },
            "wake" => Action::Snooze { until: None },
            "archive" => Action::Archive,
            "unarchive" => Action::Unarchive,
            "delete" => Action::Delete,
            "restore" => Action::Restore,
            "merge" => {
                let desk = &self.scene.desk;
                return desk.merge(&self.admin, self.request, self.other, Command::default()).await.map(drop);
            }
            "follow_up" => {
                let said = FollowUp::default();
                return self.scene.desk.follow_up(&self.admin, self.request, said, None).await.map(drop);
            }
            deed => unreachable!("{deed}"),
        };
        let who = if deed == "rate" { &self.scene.customer } else { &self.admin };
        self.scene.act(who, self.request, action).await.map(drop)
    }
}

#[tokio::test]
async fn every_state_with_every_action_does_what_the_table_says_or_nothing() {
    let mut seen = 0;
    for (status, row) in TABLE {
        for (deed, wanted) in DEEDS.into_iter().zip(row.split(' ')) {
            seen += 1;
            let case = Case::new(status).await;
            let before = case.everything();
            let done = case.attempt(deed).await;
            let (after, told) = (case.everything(), case.scene.feed.take());
            let name = format!("{deed} while {}", status.as_str());
            match wanted {
                "-" => {
                    let Err(SupportRequestError::IllegalTransition { action, status: named }) = done else {
                        panic!("{name}: {done:?}")
                    };
                    let word = if deed == "wake" { "snooze" } else { deed };
                    assert_eq!((action, named), (word, status), "{name}");
                }
                "=" => done.unwrap(),
                _ => {
                    done.unwrap_or_else(|error| panic!("{name}: {error}"));
                    let version = |all: &Everything| all.requests[0].version;
                    assert_eq!(version(&after), version(&before) + 1, "{name}: one version");
                    assert!(after.timelines[0].len() > before.timelines[0].len(), "{name}: it is on the timeline");
                    assert!(!told.is_empty(), "{name}: it is told");
                    continue;
                }
            }
            assert_eq!(after, before, "{name}: nothing changed");
            assert_eq!(told, [], "{name}: nobody is told");
        }
    }
    assert_eq!(seen, 6 * DEEDS.len(), "no state or action was left out");
    assert!(TABLE.iter().all(|(_, row)| row.split(' ').count() == DEEDS.len()));
}

#[tokio::test]
async fn every_action_that_was_done_does_nothing_when_it_comes_again() {
    for (status, row) in TABLE {
        for (deed, _) in DEEDS.into_iter().zip(row.split(' ')).filter(|(_, wanted)| *wanted == "+") {
            // Each follow-up is a request of its own, and what is deleted is found by nobody.
            if matches!(deed, "follow_up" | "delete") {
                continue;
            }
            let case = Case::new(status).await;
            case.attempt(deed).await.unwrap();
            let before = case.everything();
            case.scene.feed.take();
            case.attempt(deed).await.unwrap();
            assert_eq!(case.everything(), before, "{deed} while {}, again", status.as_str());
            assert_eq!(case.scene.feed.take(), []);
        }
    }
}
