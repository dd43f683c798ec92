//! Who may open a connection.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use identity::{Identity, IdentityError, OnAvailability, OnRevoked, OwnChange};
use kernel::{Audience, Availability, Caller, ConversationId, OrganizationId, Refusal, SupportRequestId};
use realtime::{Admitted, Hub, Revoked, Standing};
use support_request::Desk;

/// Finds out who a token stands for.
#[async_trait]
pub trait Gate: Send + Sync {
    /// The caller, with the present epoch of the caller's organisation, and of staff what they said last about
    /// being asked. MUST refuse a token that has
    /// ended or was revoked.
    async fn admit(&self, token: &str) -> Result<Admitted, Box<dyn Refusal>>;

    /// Stores whether a member of staff wants to be asked. MUST tell the hub, by [`Hub::stands`], before it answers.
    async fn say_availability(&self, caller: &Caller, value: Availability) -> Result<(), Box<dyn Refusal>>;
}

/// Finds out who may see what.
#[async_trait]
pub trait Sight: Send + Sync {
    /// Who may see a request. MUST refuse, as one that does not exist, what this caller may not see.
    async fn audience(&self, caller: &Caller, request: SupportRequestId) -> Result<Audience, Box<dyn Refusal>>;

    /// The conversation of the request with this number. MUST refuse, as above, what this caller may not see.
    async fn conversation(&self, caller: &Caller, number: &str) -> Result<ConversationId, Box<dyn Refusal>>;
}

#[async_trait]
impl Sight for Desk {
    async fn audience(&self, caller: &Caller, request: SupportRequestId) -> Result<Audience, Box<dyn Refusal>> {
        let seen = self.view(caller, request).await;
        seen.map(|view| view.audience).map_err(|refusal| -> Box<dyn Refusal> { Box::new(refusal) })
    }

    async fn conversation(&self, caller: &Caller, number: &str) -> Result<ConversationId, Box<dyn Refusal>> {
        let seen = self.view_by_number(caller, number).await;
        seen.map(|view| view.request.conversation).map_err(|refusal| -> Box<dyn Refusal> { Box::new(refusal) })
    }
}

/// Which web pages may open connections.
pub trait Origins: Send + Sync {
    /// Whether a page of this origin may; of any organisation, or, once the caller is known, of the
    /// caller's. MUST NOT block.
    fn allows(&self, origin: &str, organization: Option<OrganizationId>) -> bool;
}

/// The gate that asks [`Identity`].
pub struct IdentityGate {
    identity: Arc<Identity>,
    epochs: Mutex<HashMap<OrganizationId, (Instant, chat::Epoch)>>,
}

impl IdentityGate {
    /// As long as any setting may be remembered.
    const EPOCH_LIFE: Duration = Duration::from_secs(5);

    /// Asks this one.
    pub fn new(identity: Arc<Identity>) -> Self {
        Self { identity, epochs: Mutex::default() }
    }

    async fn epoch(&self, organization: OrganizationId) -> Result<chat::Epoch, IdentityError> {
        let known = self.epochs.lock().unwrap_or_else(PoisonError::into_inner).get(&organization).copied();
        if let Some((_, epoch)) = known.filter(|(since, _)| since.elapsed() < Self::EPOCH_LIFE) {
            return Ok(epoch);
        }
        let epoch = chat::Epoch::new(self.identity.organization_by_id(organization).await?.epoch.uuid());
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        epochs.retain(|_, (since, _)| since.elapsed() < Self::EPOCH_LIFE);
        epochs.insert(organization, (Instant::now(), epoch));
        Ok(epoch)
    }
}

#[async_trait]
impl Gate for IdentityGate {
    async fn admit(&self, token: &str) -> Result<Admitted, Box<dyn Refusal>> {
        let caller = self.identity.authenticate(token).await.map_err(boxed)?;
        let epoch = self.epoch(caller.organization()).await.map_err(boxed)?;
        let standing = self.identity.standing(&caller).await.map_err(boxed)?.map(standing);
        Ok(Admitted { caller, epoch, standing })
    }

    async fn say_availability(&self, caller: &Caller, value: Availability) -> Result<(), Box<dyn Refusal>> {
        let change = OwnChange { availability: Some(value), ..OwnChange::default() };
        self.identity.update_me(caller, change).await.map(drop).map_err(boxed)
    }
}

/// Tells the connections of this node who wants to be asked.
pub struct TellAvailability(Arc<Hub>);

impl TellAvailability {
    /// Those of this hub; to be told to `Identity::on_availability`.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self(hub)
    }
}

impl OnAvailability for TellAvailability {
    fn changed(&self, now: identity::Standing) {
        self.0.stands(now.organization, now.user, standing(now));
    }
}

fn standing(now: identity::Standing) -> Standing {
    Standing { availability: now.availability, version: now.version }
}

/// Closes the connections that a revoked session or token has opened.
pub struct CloseRevoked(Arc<Hub>);

impl CloseRevoked {
    /// Those of this hub; to be told to `Identity::watch`.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self(hub)
    }
}

impl OnRevoked for CloseRevoked {
    fn revoked(&self, what: identity::Revoked) {
        self.0.revoke(match what {
            identity::Revoked::Session { session, .. } => Revoked::Session(session),
            identity::Revoked::GuestToken { token, .. } => Revoked::GuestToken(token),
        });
    }
}

fn boxed(error: IdentityError) -> Box<dyn Refusal> {
    Box::new(error)
}

#[cfg(test)]
mod tests {
    use identity::testing::Fixture;
    use kernel::{ConnectionId, Language, RefusalKind, Role, Secret, Texts};
    use realtime::{Done, Inbound, Limits, Protocol};
    use uuid::Uuid;

    use super::*;

    struct NoTexts;

    impl Texts for NoTexts {
        fn text(&self, _: Language, _: &str, _: &[(&'static str, String)]) -> Option<String> {
            None
        }
    }

    #[actix_web::test]
    async fn a_token_is_admitted_with_its_caller_and_the_organisations_epoch() {
        let fixture = Fixture::new().await;
        let gate = IdentityGate::new(fixture.identity.clone());
        let token = fixture.login("agent@demo.test").await.unwrap().access_token;
        for _ in 0..2 {
            let admitted = gate.admit(token.expose()).await.unwrap();
            assert_eq!(admitted.caller.user().unwrap().role, Role::Agent);
            assert_eq!(admitted.epoch.uuid(), fixture.organization.epoch.uuid());
        }
        let refused = gate.admit("nonsense").await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (RefusalKind::Unauthenticated, "identity.not_authenticated"));
        fixture.env.pass(Identity::ACCESS_LIFE);
        assert_eq!(gate.admit(token.expose()).await.unwrap_err().code(), "identity.token_expired");
    }

    #[actix_web::test]
    async fn what_staff_say_about_being_asked_is_stored_and_told_to_the_hub() {
        let fixture = Fixture::new().await;
        let gate = IdentityGate::new(fixture.identity.clone());
        let hub = Arc::new(Hub::new(Arc::new(NoTexts), Limits::default()));
        fixture.identity.on_availability(Arc::new(TellAvailability::new(hub.clone())));
        let now = kernel::Env::now(fixture.env.as_ref());
        let token = fixture.login("agent@demo.test").await.unwrap().access_token;
        let admitted = gate.admit(token.expose()).await.unwrap();
        assert_eq!(admitted.standing.unwrap().availability, Availability::Online);
        let caller = admitted.caller.clone();
        let conn = hub.open(ConnectionId::new(Uuid::from_u128(1)), Protocol::Native, now).unwrap();
        hub.receive(&conn, Inbound::Authenticate { token: Secret::new("checked above") }, now);
        hub.done(&conn, Done::Authenticated { revocations: hub.revocations(), result: Ok(admitted) });
        gate.say_availability(&caller, Availability::Away).await.unwrap();
        assert_eq!(hub.staff_online(caller.organization())[0].availability, Availability::Away);
        assert_eq!(gate.admit(token.expose()).await.unwrap().standing.unwrap().availability, Availability::Away);
        let token = fixture.login("customer@demo.test").await.unwrap().access_token;
        let customer = gate.admit(token.expose()).await.unwrap();
        assert_eq!(customer.standing, None);
        let refused = gate.say_availability(&customer.caller, Availability::Away).await.unwrap_err();
        assert_eq!(refused.kind(), RefusalKind::Forbidden);
    }

    #[actix_web::test]
    async fn signing_out_closes_what_the_session_had_opened() {
        let fixture = Fixture::new().await;
        let gate = IdentityGate::new(fixture.identity.clone());
        let hub = Arc::new(Hub::new(Arc::new(NoTexts), Limits::default()));
        fixture.identity.watch().listen(Arc::new(CloseRevoked::new(hub.clone())));
        let now = kernel::Env::now(fixture.env.as_ref());
        let mut conns = Vec::new();
        for n in 1..=2 {
            let token = fixture.login("agent@demo.test").await.unwrap().access_token;
            let admitted = gate.admit(token.expose()).await.unwrap();
            let conn = hub.open(ConnectionId::new(Uuid::from_u128(n)), Protocol::Native, now).unwrap();
            hub.receive(&conn, Inbound::Authenticate { token: Secret::new("checked above") }, now);
            let (caller, revocations) = (admitted.caller.clone(), hub.revocations());
            hub.done(&conn, Done::Authenticated { revocations, result: Ok(admitted) });
            conns.push((conn, caller));
        }
        fixture.identity.logout(&conns[0].1).await.unwrap();
        assert!(conns[0].0.is_closed());
        assert!(!conns[1].0.is_closed(), "another session of the same person goes on");
    }
}
