//! The revocations of the last minutes, in memory: what makes a check of an access token possible
//! without a query, and what closes open connections.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use kernel::{Caller, Env, Timestamp};

use crate::{Revocation, Revoked};

/// Is told of each revocation, once on each node; the realtime hub closes connections by it.
pub trait OnRevoked: Send + Sync {
    /// Something was revoked. MUST NOT block: it is called within the request that revoked it.
    fn revoked(&self, what: Revoked);
}

/// What was revoked within the life of an access token. After that no token of it can be good.
pub struct RevocationWatch {
    env: Arc<dyn Env>,
    keep: Duration,
    known: RwLock<HashMap<Revoked, Timestamp>>,
    listeners: Mutex<Vec<Arc<dyn OnRevoked>>>,
}

impl RevocationWatch {
    /// How far a poll looks back behind the last one: longer than any commit takes, and than the
    /// clocks of two nodes may differ.
    pub const OVERLAP: Duration = Duration::from_mins(1);

    /// Knows nothing yet, and remembers for `keep`, the longest life of an access token.
    pub fn new(env: Arc<dyn Env>, keep: Duration) -> Self {
        Self { env, keep, known: RwLock::default(), listeners: Mutex::default() }
    }

    /// From now on, tells the listener of what is revoked.
    pub fn listen(&self, listener: Arc<dyn OnRevoked>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Takes what was revoked, here or by another node; tells the listeners of what is new.
    pub fn learn(&self, revocations: &[Revocation]) {
        let news = self.remember(revocations);
        if news.is_empty() {
            return;
        }
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for what in news {
            for listener in &listeners {
                listener.revoked(what);
            }
        }
    }

    /// Whether the right behind this caller was taken away.
    pub fn is_revoked(&self, caller: &Caller) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).contains_key(&Revoked::behind(caller))
    }

    fn remember(&self, revocations: &[Revocation]) -> Vec<Revoked> {
        let now = self.env.now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Twice the overlap on top: what a poll brings again must still be known as old.
        known.retain(|_, learned| now.since(*learned) <= self.keep + 2 * Self::OVERLAP);
        let news = revocations.iter().map(|revocation| revocation.what);
        news.filter(|what| known.insert(*what, now).is_none()).collect()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{
        GuestCaller, GuestId, GuestTokenId, Language, OrganizationId, Role, SessionId, SupportRequestId, UserCaller,
        UserId, testing::FixedEnv,
    };
    use uuid::Uuid;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<Revoked>>);

    impl OnRevoked for Heard {
        fn revoked(&self, what: Revoked) {
            self.0.lock().unwrap().push(what);
        }
    }

    fn session(n: u128) -> Revoked {
        Revoked::Session { session: SessionId::new(Uuid::from_u128(n)), user: UserId::new(Uuid::from_u128(9)) }
    }

    fn revocation(what: Revoked, at: Timestamp) -> Revocation {
        Revocation { organization: OrganizationId::new(Uuid::from_u128(1)), what, at }
    }

    fn user(n: u128) -> Caller {
        Caller::User(UserCaller {
            organization: OrganizationId::new(Uuid::from_u128(1)),
            id: UserId::new(Uuid::from_u128(9)),
            role: Role::Agent,
            name: "A B".into(),
            session: SessionId::new(Uuid::from_u128(n)),
            language: Language::Fr,
            expires_at: FixedEnv::START,
        })
    }

    #[test]
    fn listeners_hear_of_each_revocation_once() {
        let env = Arc::new(FixedEnv::new());
        let watch = RevocationWatch::new(env.clone(), Duration::from_mins(15));
        let heard = Arc::new(Heard::default());
        watch.listen(heard.clone());
        watch.learn(&[revocation(session(1), env.now())]);
        env.pass(RevocationWatch::OVERLAP);
        watch.learn(&[revocation(session(1), FixedEnv::START), revocation(session(2), env.now())]);
        assert_eq!(*heard.0.lock().unwrap(), [session(1), session(2)]);
    }

    #[test]
    fn a_revocation_is_known_for_as_long_as_a_token_can_live() {
        let env = Arc::new(FixedEnv::new());
        let watch = RevocationWatch::new(env.clone(), Duration::from_mins(15));
        watch.learn(&[revocation(session(1), env.now())]);
        env.pass(Duration::from_mins(15));
        watch.learn(&[]);
        assert!(watch.is_revoked(&user(1)));
        assert!(!watch.is_revoked(&user(2)), "another session of the same user goes on");
        env.pass(Duration::from_secs(121));
        watch.learn(&[]);
        assert!(!watch.is_revoked(&user(1)), "memory is bounded");
    }

    #[test]
    fn a_guests_token_is_revoked_by_itself() {
        let env = Arc::new(FixedEnv::new());
        let watch = RevocationWatch::new(env.clone(), Duration::from_mins(15));
        let guest = |n| GuestCaller {
            organization: OrganizationId::new(Uuid::from_u128(1)),
            id: GuestId::new(Uuid::from_u128(5)),
            support_request: SupportRequestId::new(Uuid::from_u128(6)),
            name: "G".into(),
            token: GuestTokenId::new(Uuid::from_u128(n)),
            language: Language::Fr,
            expires_at: FixedEnv::START,
        };
        let (one, other) = (Caller::Guest(guest(7)), Caller::Guest(guest(8)));
        watch.learn(&[revocation(Revoked::behind(&one), env.now())]);
        assert!(watch.is_revoked(&one));
        assert!(!watch.is_revoked(&other));
        assert!(Revoked::behind(&one).covers(&one));
        assert!(!Revoked::behind(&one).covers(&other));
    }
}
