//! A ready-made identity over fakes, with an organisation and people in it.

use std::sync::Arc;

use kernel::{Caller, Language, Role, Secret, testing::FixedEnv};

use super::{FakeMailer, FakePasswords, FakeSecrets, FakeStore, FakeTokens};
use crate::{
    Authority, ClientInfo, Dispatch, Identity, IdentityError, IdentityParts, NewOrganization, NewUser, OpenLetter,
    Organization, OrganizationRef, SignedIn, UserView,
};

/// The password of everybody in the fixture.
pub const PASSWORD: &str = "quatre chevaux verts";

/// One node over fakes, with the organisation `demo` and one user of each role.
pub struct Fixture {
    /// The clock and the ids.
    pub env: Arc<FixedEnv>,
    /// What is stored.
    pub store: FakeStore,
    /// Counts the comparisons of passwords.
    pub passwords: Arc<FakePasswords>,
    /// Tokens and seals.
    pub secrets: Arc<FakeSecrets>,
    /// The node.
    pub identity: Arc<Identity>,
    /// The organisation `demo`.
    pub organization: Organization,
}

impl Fixture {
    /// `demo`, with `admin@`, `supervisor@`, `agent@` and `customer@demo.test`.
    ///
    /// # Panics
    /// When the fakes refuse it.
    #[expect(clippy::expect_used, reason = "only tests call it")]
    pub async fn new() -> Self {
        let (env, store) = (Arc::new(FixedEnv::new()), FakeStore::new());
        let (passwords, secrets) = (Arc::new(FakePasswords::default()), Arc::new(FakeSecrets::default()));
        let identity = Arc::new(Identity::new(parts(&env, &store, &passwords, &secrets, "first")));
        identity.prepare().await.expect("the fakes are up");
        let organization = identity.create_organization(new_organization("demo")).await.expect("it is the first");
        let fixture = Self { env, store, passwords, secrets, identity, organization };
        for role in [Role::Admin, Role::Supervisor, Role::Agent, Role::Customer] {
            fixture.add(&format!("{role}@demo.test"), role).await.expect("each e-mail is another");
        }
        fixture
    }

    /// Another node over the same store.
    ///
    /// # Panics
    /// When the fakes refuse it.
    #[expect(clippy::expect_used, reason = "only tests call it")]
    pub async fn another_node(&self) -> Identity {
        let node = Identity::new(parts(&self.env, &self.store, &self.passwords, &self.secrets, "second"));
        node.prepare().await.expect("the fakes are up");
        node
    }

    /// Delivers the letters that wait; what was delivered, oldest first.
    ///
    /// # Panics
    /// When the fakes refuse it.
    #[expect(clippy::expect_used, reason = "only tests call it")]
    pub async fn letters(&self) -> Vec<OpenLetter> {
        let mailer = Arc::new(FakeMailer::default());
        let store = Arc::new(self.store.clone());
        Dispatch::new(store, mailer.clone(), self.secrets.clone(), self.env.clone())
            .send_waiting()
            .await
            .expect("the fakes are up");
        mailer.delivered()
    }

    /// One more user of `demo`.
    pub async fn add(&self, email: &str, role: Role) -> Result<UserView, IdentityError> {
        let new = NewUser {
            email: email.to_owned(),
            password: Secret::new(PASSWORD),
            first_name: "Ada".to_owned(),
            last_name: role.to_string(),
            phone: None,
            language: None,
            role,
        };
        self.identity.create_user(Authority::Operator(self.organization.id), &new).await
    }

    /// Signs somebody of `demo` in with [`PASSWORD`].
    pub async fn login(&self, email: &str) -> Result<SignedIn, IdentityError> {
        let client = ClientInfo { address: Some("192.0.2.1".into()), user_agent: Some("test".into()), browser: false };
        self.identity.login(&OrganizationRef::named("demo"), email, Secret::new(PASSWORD), client).await
    }

    /// The caller of a fresh session of the user `<role>@demo.test`.
    ///
    /// # Panics
    /// When that user was changed so that it cannot sign in.
    #[expect(clippy::expect_used, reason = "only tests call it")]
    pub async fn caller(&self, role: Role) -> Caller {
        let signed_in = self.login(&format!("{role}@demo.test")).await.expect("the user can sign in");
        self.identity.authenticate(signed_in.access_token.expose()).await.expect("the token is fresh")
    }
}

/// An organisation of this short name.
pub fn new_organization(slug: &str) -> NewOrganization {
    NewOrganization {
        name: format!("Maison {slug}"),
        slug: slug.to_owned(),
        allowed_origins: vec!["https://shop.example".to_owned()],
        language: Language::Fr,
        time_zone: "Europe/Paris".to_owned(),
        ticket_prefix: None,
    }
}

fn parts(
    env: &Arc<FixedEnv>,
    store: &FakeStore,
    passwords: &Arc<FakePasswords>,
    secrets: &Arc<FakeSecrets>,
    node: &'static str,
) -> IdentityParts {
    let store = Arc::new(store.clone());
    IdentityParts {
        env: env.clone(),
        store: store.clone(),
        views: store.clone(),
        revocations: store.clone(),
        expired: store.clone(),
        keys: store,
        passwords: passwords.clone(),
        tokens: Arc::new(FakeTokens::of_node(node)),
        secrets: secrets.clone(),
    }
}
