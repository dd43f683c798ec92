//! Callers, orders and requests with ordinary values.

use kernel::{Caller, Env, Language, OrganizationId, Role, SessionId, SupportRequestId, UserCaller, UserId};

use crate::{
    Actor, By, Category, Description, Hand, Kind, Metadata, Number, OpenRequest, Priority, References, Requester,
    SlaTerms, Snapshot, Source, Subject, SupportRequest, Tags, opening::Birth,
};

/// A signed-in user.
pub fn user(env: &dyn Env, organization: OrganizationId, id: UserId, role: Role, name: &str) -> Caller {
    Caller::User(UserCaller {
        organization,
        id,
        role,
        name: name.to_owned(),
        session: SessionId::new(env.uuid()),
        language: Language::Fr,
        expires_at: env.now() + std::time::Duration::from_mins(15),
    })
}

/// An order to open a request for this person.
pub fn order(requester: Requester) -> OpenRequest {
    OpenRequest {
        id: None,
        requester,
        kind: Kind::Chat,
        source: Source::Chat,
        subject: Subject::stored("Colis en retard".to_owned()),
        description: Description::stored(String::new()),
        priority: Priority::Normal,
        category: Category::stored("delivery".to_owned()),
        tags: Tags::default(),
        metadata: Metadata::default(),
        references: References::default(),
        first: None,
        agent: None,
    }
}

/// A request that was just opened by this person, with the given counter in its number.
pub fn request(env: &dyn Env, organization: OrganizationId, requester: &Requester, counter: u32) -> Snapshot {
    let actor = Actor { id: Some(requester.id), name: requester.name.clone() };
    let birth = Birth {
        id: SupportRequestId::new(env.uuid()),
        organization,
        number: Number::new("TICKET", 20_240_115, counter),
        conversation: kernel::ConversationId::new(env.uuid()),
        language: Language::Fr,
        follow_up_of: None,
    };
    let by = By { actor: &actor, hand: Hand::Stays, env, terms: &SlaTerms::default() };
    SupportRequest::open(order(requester.clone()), birth, &by).0.snapshot().clone()
}
