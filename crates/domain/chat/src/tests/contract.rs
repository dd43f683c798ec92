//! The fakes pass the suite that the stores pass.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{Env, OrganizationId, ParticipantId, UserId, testing::FixedEnv};

use crate::{
    Attachments, ChatSessions, ConversationLog, Conversations, LogFeed,
    testing::{FakeLog, Harness, RecordedHints, Setup, Thread, ThreadState},
};

struct Fakes {
    log: Arc<FakeLog>,
    hints: Arc<RecordedHints>,
    env: Arc<FixedEnv>,
}

fn fakes() -> Fakes {
    let (env, hints) = (Arc::new(FixedEnv::new()), Arc::new(RecordedHints::default()));
    Fakes { log: Arc::new(FakeLog::new(env.clone(), hints.clone())), hints, env }
}

#[async_trait]
impl Harness for Fakes {
    fn log(&self) -> Arc<dyn ConversationLog> {
        self.log.clone()
    }
    fn conversations(&self) -> Arc<dyn Conversations> {
        self.log.clone()
    }
    fn sessions(&self) -> Arc<dyn ChatSessions> {
        self.log.clone()
    }
    fn attachments(&self) -> Arc<dyn Attachments> {
        self.log.clone()
    }
    fn feed(&self) -> Arc<dyn LogFeed> {
        self.log.clone()
    }
    fn hints(&self) -> Arc<RecordedHints> {
        self.hints.clone()
    }
    fn env(&self) -> Arc<dyn Env> {
        self.env.clone()
    }
    async fn time_goes_by(&self) {
        self.env.pass(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    async fn organization(&self) -> OrganizationId {
        self.log.organization()
    }
    async fn agent(&self, _: OrganizationId) -> UserId {
        UserId::new(self.env.uuid())
    }
    async fn customer(&self, _: OrganizationId) -> ParticipantId {
        ParticipantId::new(self.env.uuid())
    }
    async fn thread(&self, setup: Setup) -> Thread {
        self.log.thread(setup)
    }
    async fn set(&self, thread: &Thread, state: ThreadState) {
        self.log.set(thread, state);
    }
}

crate::chat_contract!(std::future::ready(fakes()));
