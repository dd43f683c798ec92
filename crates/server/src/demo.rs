//! The organisation `demo`: what a newcomer sees first. Its sample requests are opened, answered and
//! resolved through the same use cases as real ones.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, anyhow, bail};
use chat::{ClientMessageId, Content, Outgoing};
use identity::{Authority, Identity, NewGuest, NewOrganization, NewUser, OrganizationRef, UserView};
use kernel::{Caller, Language, Role, Secret, SessionId, SupportRequestId, UserCaller};
use serde::Deserialize;
use support_request::{
    Action, Category, Command, Description, Kind, Metadata, OpenRequest, Priority, References, Requester, Source,
    Subject, Tags,
};

use crate::{config::Config, wire::Parts};

/// The password of everybody in the demonstration.
pub(crate) const PASSWORD: &str = "guichet-demo";

const SAMPLE: &str = include_str!("../demo/marceau-auto.json");

/// Keeps a demonstration on this machine: a folder of its own, and loopback only.
///
/// # Errors
/// When the configuration asks to listen elsewhere.
pub(crate) fn confine(config: &mut Config) -> anyhow::Result<()> {
    if !config.listen.ip().is_loopback() {
        bail!("serve --demo has well-known passwords and listens on loopback only, not on {}", config.listen);
    }
    config.data_dir = config.data_dir.join("demo");
    config.migrate = true;
    // A password that everybody knows needs no slow hash.
    config.password_cost = 4;
    Ok(())
}

#[derive(Deserialize)]
struct Sample {
    organization: SampleOrganization,
    users: Vec<SampleUser>,
    requests: Vec<SampleRequest>,
}

#[derive(Deserialize)]
struct SampleOrganization {
    name: String,
    slug: String,
}

#[derive(Deserialize)]
struct SampleUser {
    email: String,
    first_name: String,
    last_name: String,
    role: Role,
    phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum By {
    Account(String),
    Guest { name: String, email: Option<String>, phone: Option<String> },
}

#[derive(Deserialize)]
struct SampleRequest {
    by: By,
    subject: String,
    priority: Priority,
    category: String,
    #[serde(default)]
    metadata: serde_json::Map<String, serde_json::Value>,
    order_id: Option<String>,
    /// What happens, in order: who says what, or which action is taken by whom.
    steps: Vec<BTreeMap<String, String>>,
}

/// Gives the database the demo organisation, unless it has it.
///
/// # Errors
/// When a use case refuses; what was made until then stays, and the next start finds the organisation.
pub(crate) async fn seed(parts: &Parts) -> anyhow::Result<()> {
    let sample: Sample = serde_json::from_str(SAMPLE).context("the sample data cannot be read")?;
    if parts.identity.organization(&OrganizationRef::named(&sample.organization.slug)).await.is_ok() {
        return Ok(());
    }
    let organization = parts
        .identity
        .create_organization(NewOrganization {
            name: sample.organization.name,
            slug: sample.organization.slug.clone(),
            allowed_origins: Vec::new(),
            language: Language::Fr,
            time_zone: "Europe/Paris".to_owned(),
            ticket_prefix: None,
        })
        .await?;
    let mut people = HashMap::new();
    for user in sample.users {
        let new = NewUser {
            email: user.email.clone(),
            password: Secret::new(PASSWORD),
            first_name: user.first_name,
            last_name: user.last_name,
            phone: user.phone,
            language: Some(Language::Fr),
            role: user.role,
        };
        let made = parts.identity.create_user(Authority::Operator(organization.id), &new).await?;
        people.insert(user.email, in_person(parts, &made));
    }
    for request in sample.requests {
        open(parts, &people, organization.id, request).await?;
    }
    tracing::info!("sample data stored");
    Ok(())
}

/// Somebody who was just made, as a caller; nobody signs in for this.
fn in_person(parts: &Parts, user: &UserView) -> Caller {
    Caller::User(UserCaller {
        organization: user.organization,
        id: user.id,
        role: user.role,
        name: format!("{} {}", user.first_name, user.last_name),
        session: SessionId::new(parts.env.uuid()),
        language: user.language,
        expires_at: parts.env.now() + Identity::ACCESS_LIFE,
    })
}

async fn open(
    parts: &Parts,
    people: &HashMap<String, Caller>,
    organization: kernel::OrganizationId,
    sample: SampleRequest,
) -> anyhow::Result<()> {
    let id = SupportRequestId::new(parts.env.uuid());
    let customer = match &sample.by {
        By::Account(email) => somebody(people, email)?.clone(),
        By::Guest { name, email, phone } => {
            let guest =
                NewGuest { name: name.clone(), email: email.clone(), phone: phone.clone(), language: Language::Fr };
            let admitted = parts.identity.admit_guest(organization, &guest, id).await?;
            parts.identity.authenticate(admitted.token.expose()).await?
        }
    };
    let opened = parts
        .desk
        .open(
            &customer,
            OpenRequest {
                id: Some(id),
                requester: requester(parts, &customer, &sample.by).await?,
                kind: Kind::Chat,
                source: Source::Chat,
                subject: Subject::parse(&sample.subject).map_err(wrong)?,
                description: Description::parse("").map_err(wrong)?,
                priority: sample.priority,
                category: Category::parse(&sample.category).map_err(wrong)?,
                tags: Tags::default(),
                metadata: Metadata::parse(sample.metadata).map_err(wrong)?,
                references: References::parse(sample.order_id, None, None, None).map_err(wrong)?,
                first: None,
                agent: None,
            },
        )
        .await?;
    let conversation = opened.view.request.conversation;
    for (number, step) in sample.steps.iter().enumerate() {
        let by = step.get("by").map(String::as_str);
        for (what, value) in step.iter().filter(|(what, _)| *what != "by") {
            let action = |caller: &str, action| {
                let caller = somebody(people, caller).cloned();
                async move { Ok::<_, anyhow::Error>(parts.desk.act(&caller?, id, action, Command::default()).await?) }
            };
            match what.as_str() {
                "take" => drop(action(value, Action::Take).await?),
                "wait" => drop(action(value, Action::Wait).await?),
                "resolve" => drop(action(value, Action::Resolve { resolution: None }).await?),
                "assign" => {
                    let agent = somebody(people, value)?.user().context("only users are assigned")?.id;
                    drop(action(by.unwrap_or(value), Action::Assign { agent: Some(agent) }).await?);
                }
                speaker => {
                    let caller = if speaker == "customer" { &customer } else { somebody(people, speaker)? };
                    let outgoing = Outgoing {
                        client_message_id: ClientMessageId::parse(format!("sample-{number}")).map_err(wrong)?,
                        content: Content::parse(value.as_str()).map_err(wrong)?,
                        in_reply_to: None,
                        attachments: Vec::new(),
                    };
                    let sent = parts.chat.send(caller, conversation, outgoing, None).await?;
                    // Whoever goes on has read what came before.
                    parts.chat.mark_read(caller, conversation, sent.seq).await?;
                }
            }
            // The status follows the reply before the next step, as it does when people take their time.
            parts.status_relay().catch_up().await?;
        }
    }
    Ok(())
}

async fn requester(parts: &Parts, caller: &Caller, by: &By) -> anyhow::Result<Requester> {
    let (email, phone) = match by {
        By::Account(_) => {
            let me = parts.identity.me(caller).await?;
            (Some(me.email.as_str().to_owned()), me.phone)
        }
        By::Guest { email, phone, .. } => (email.clone(), phone.clone()),
    };
    Ok(Requester { id: caller.participant(), name: caller.name().to_owned(), email, phone })
}

fn somebody<'a>(people: &'a HashMap<String, Caller>, email: &str) -> anyhow::Result<&'a Caller> {
    people.get(email).ok_or_else(|| anyhow!("the sample data names nobody called {email}"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn wrong(field: kernel::FieldError) -> anyhow::Error {
    anyhow!("the sample data has a wrong {}: {}", field.field, field.code)
}
