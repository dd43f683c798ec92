//! A chat over fakes: one organisation, its people, one thread.

use std::sync::Arc;

use kernel::{
    Caller, Env, GuestCaller, GuestId, GuestTokenId, Language, OrganizationId, Role, SessionId, SupportRequestId,
    UserCaller, UserId, testing::FixedEnv,
};

use crate::{
    Chat, ChatError, ClientMessageId, Content, Conversations, Outgoing, Sent,
    testing::{CountedBudgets, FakeLog, RecordedHints, RecordedReceipts, Setup, Thread, ThreadState},
};

pub(super) struct Scene {
    pub(super) chat: Chat,
    pub(super) log: Arc<FakeLog>,
    pub(super) hints: Arc<RecordedHints>,
    pub(super) receipts: Arc<RecordedReceipts>,
    pub(super) budgets: Arc<CountedBudgets>,
    pub(super) env: Arc<FixedEnv>,
    pub(super) organization: OrganizationId,
    pub(super) customer: Caller,
    pub(super) agent: Caller,
    pub(super) thread: Thread,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(CountedBudgets::default())
    }

    pub(super) fn with(budgets: CountedBudgets) -> Self {
        let env = Arc::new(FixedEnv::new());
        let (hints, receipts) = (Arc::new(RecordedHints::default()), Arc::new(RecordedReceipts::default()));
        let log = Arc::new(FakeLog::new(env.clone(), hints.clone()));
        let budgets = Arc::new(budgets);
        let chat = Chat::new(log.clone(), log.clone(), receipts.clone(), budgets.clone(), env.clone());
        let organization = log.organization();
        let customer = user(&env, organization, Role::Customer, "Camille Martin");
        let agent = user(&env, organization, Role::Agent, "Dominique Leroy");
        let state = ThreadState { assignee: Some(id(&agent)), ..ThreadState::default() };
        let requester = customer.participant();
        let thread = log.thread(Setup { organization, requester, members: Vec::new(), state });
        Self { chat, log, hints, receipts, budgets, env, organization, customer, agent, thread }
    }

    /// The same chat, with other conversations.
    pub(super) fn chat_over(&self, conversations: Arc<dyn Conversations>) -> Chat {
        Chat::new(self.log.clone(), conversations, self.receipts.clone(), self.budgets.clone(), self.env.clone())
    }

    pub(super) fn user(&self, role: Role, name: &str) -> Caller {
        user(&self.env, self.organization, role, name)
    }

    /// A guest whose token is good for this request.
    pub(super) fn guest(&self, support_request: SupportRequestId) -> GuestCaller {
        GuestCaller {
            organization: self.organization,
            id: GuestId::new(self.env.uuid()),
            support_request,
            name: "Sacha Petit".to_owned(),
            token: GuestTokenId::new(self.env.uuid()),
            language: Language::Fr,
            expires_at: self.env.now(),
        }
    }

    /// Closes the thread's request.
    pub(super) fn close(&self) {
        let state = ThreadState {
            assignee: Some(id(&self.agent)),
            resolved: true,
            closed: true,
            merged_into: None,
            ..ThreadState::default()
        };
        self.log.set(&self.thread, state);
    }

    pub(super) async fn send(&self, caller: &Caller, name: &str, content: &str) -> Result<Sent, ChatError> {
        self.chat.send(caller, self.thread.id, outgoing(name, content), None).await
    }
}

pub(super) fn outgoing(name: &str, content: &str) -> Outgoing {
    Outgoing {
        client_message_id: ClientMessageId::parse(name).unwrap(),
        content: Content::parse(content).unwrap(),
        in_reply_to: None,
        attachments: Vec::new(),
    }
}

pub(super) fn id(caller: &Caller) -> UserId {
    UserId::new(caller.participant().uuid())
}

fn user(env: &FixedEnv, organization: OrganizationId, role: Role, name: &str) -> Caller {
    Caller::User(UserCaller {
        organization,
        id: UserId::new(env.uuid()),
        role,
        name: name.to_owned(),
        session: SessionId::new(env.uuid()),
        language: Language::Fr,
        expires_at: env.now(),
    })
}
