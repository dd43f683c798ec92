//! Sessions: what a sign-in opens, kept alive by refresh tokens that rotate.
//!
//! A session has a secret seed and a generation. Its refresh token of generation *n* is derived from
//! the seed and *n*, so nothing but the sealed seed and a number is stored, every token that was ever
//! issued is recognised when it comes again, and the successor of a token is the same however often
//! it is asked for.

use std::time::Duration;

use kernel::{OrganizationId, SessionId, Timestamp, UserId};

use crate::{Revocation, Revoked, Sealed};

/// Where a sign-in came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The network address, as text.
    pub address: Option<String>,
    /// What the client says it is; cut to 400 characters, without control characters.
    pub user_agent: Option<String>,
    /// Whether it is a browser that keeps the refresh token in a cookie.
    pub browser: bool,
}

impl ClientInfo {
    pub(crate) fn tidy(self) -> Self {
        let tidy = |text: String| text.chars().filter(|c| !c.is_control()).take(400).collect::<String>();
        Self { address: self.address.map(tidy), user_agent: self.user_agent.map(tidy), browser: self.browser }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// The user signed out, or ended it from another session.
    SignedOut,
    /// An old refresh token came again.
    TokenReused,
    /// The user's password, role or state changed.
    UserChanged,
}

impl SessionEnd {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
            Self::UserChanged => "user_changed",
        }
    }

    /// Reads the name in the database.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::SignedOut, Self::TokenReused, Self::UserChanged].into_iter().find(|end| end.as_str() == text)
    }
}

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its id, in every access token of it.
    pub id: SessionId,
    /// The organisation.
    pub organization: OrganizationId,
    /// Whose it is.
    pub user: UserId,
    /// What its refresh tokens are derived from, sealed.
    pub seed: Sealed,
    /// The generation of the one refresh token that is good now; the first is 1.
    pub generation: i64,
    /// When that token was issued.
    pub rotated_at: Timestamp,
    /// When that token ends, and the session with it.
    pub expires_at: Timestamp,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// Where the sign-in came from.
    pub client: ClientInfo,
    /// When and why it ended, if it did.
    pub ended: Option<(Timestamp, SessionEnd)>,
}

/// A session whose rules are kept.
#[derive(Debug, Clone)]
pub struct Session(SessionRecord);

/// What presenting a genuine refresh token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The next generation is good now.
    Advanced,
    /// The answer was lost: the same successor again.
    Repeated,
    /// An old token: the session has been ended.
    Reused,
    /// The session was over already.
    Over,
}

impl Session {
    /// How long a refresh token lives when it is not used.
    pub const REFRESH_LIFE: Duration = Duration::from_hours(30 * 24);
    /// How long after its use a refresh token gets its successor again.
    pub const GRACE: Duration = Duration::from_secs(10);

    pub(crate) fn open(
        id: SessionId,
        organization: OrganizationId,
        user: UserId,
        seed: Sealed,
        client: ClientInfo,
        now: Timestamp,
    ) -> Self {
        Self(SessionRecord {
            id,
            organization,
            user,
            seed,
            generation: 1,
            rotated_at: now,
            expires_at: now + Self::REFRESH_LIFE,
            created_at: now,
            client: client.tidy(),
            ended: None,
        })
    }

    /// A session as stored.
    pub fn from_record(record: SessionRecord) -> Self {
        Self(record)
    }

    /// What to store.
    pub fn record(&self) -> &SessionRecord {
        &self.0
    }

    /// Whether it can still be used.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.0.ended.is_none() && now < self.0.expires_at
    }

    /// Takes a token of the given generation that was found to be genuine.
    ///
    /// The token before the last gets the last again within [`Self::GRACE`]: its answer may have been
    /// lost. Once the last itself has been used, its answer has arrived, so nobody honest has the one
    /// before. A generation that was never issued means that the database went back in time (a
    /// restored backup); such a session is ended too, because old and new cannot be told apart.
    pub(crate) fn rotate(&mut self, generation: i64, now: Timestamp) -> Rotation {
        if !self.is_live(now) {
            return Rotation::Over;
        }
        if generation == self.0.generation {
            self.0.generation += 1;
            self.0.rotated_at = now;
            self.0.expires_at = now + Self::REFRESH_LIFE;
            Rotation::Advanced
        } else if generation + 1 == self.0.generation && now.since(self.0.rotated_at) <= Self::GRACE {
            Rotation::Repeated
        } else {
            self.end(SessionEnd::TokenReused, now);
            Rotation::Reused
        }
    }

    /// Ends the session; whether it was live until now.
    pub(crate) fn end(&mut self, why: SessionEnd, now: Timestamp) -> bool {
        let live = self.is_live(now);
        if self.0.ended.is_none() {
            self.0.ended = Some((now, why));
        }
        live
    }

    /// What takes its access tokens away.
    pub(crate) fn revocation(&self, at: Timestamp) -> Revocation {
        let what = Revoked::Session { session: self.0.id, user: self.0.user };
        Revocation { organization: self.0.organization, what, at }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Env, testing::FixedEnv};

    use super::*;

    fn open(env: &FixedEnv) -> Session {
        let organization = OrganizationId::new(env.uuid());
        let (id, user) = (SessionId::new(env.uuid()), UserId::new(env.uuid()));
        Session::open(id, organization, user, Sealed::new("seed"), ClientInfo::default(), env.now())
    }

    #[test]
    fn each_token_is_good_once() {
        let env = FixedEnv::new();
        let mut session = open(&env);
        assert_eq!(session.rotate(1, env.now()), Rotation::Advanced);
        assert_eq!(session.rotate(2, env.now()), Rotation::Advanced);
        assert_eq!(session.record().generation, 3);
        assert_eq!(session.rotate(1, env.now()), Rotation::Reused, "two generations old, however soon");
        assert_eq!(session.rotate(3, env.now()), Rotation::Over);
    }

    #[test]
    fn a_lost_answer_can_be_asked_for_again_for_ten_seconds() {
        let env = FixedEnv::new();
        let mut session = open(&env);
        session.rotate(1, env.now());
        env.pass(Session::GRACE);
        assert_eq!(session.rotate(1, env.now()), Rotation::Repeated);
        env.pass(Duration::from_micros(1));
        assert_eq!(session.rotate(1, env.now()), Rotation::Reused);
        assert_eq!(session.record().ended, Some((env.now(), SessionEnd::TokenReused)));
    }

    #[test]
    fn a_generation_that_was_never_issued_ends_the_session() {
        let env = FixedEnv::new();
        let mut session = open(&env);
        assert_eq!(session.rotate(2, env.now()), Rotation::Reused);
    }

    #[test]
    fn a_session_lives_30_days_from_its_last_use() {
        let env = FixedEnv::new();
        let mut session = open(&env);
        env.pass(Duration::from_hours(30 * 24 - 1));
        assert_eq!(session.rotate(1, env.now()), Rotation::Advanced);
        env.pass(Session::REFRESH_LIFE);
        assert_eq!(session.rotate(2, env.now()), Rotation::Over);
        assert!(!session.end(SessionEnd::SignedOut, env.now()), "it was over by itself");
    }
}
