//! Letters: sent in the background, and shown in a demonstration.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use http_actix::{Mail, Mailbox};
use identity::{Dispatch, Mailer};
use kernel::PortError;
use mail_files::{MailFiles, StoredMail};
use url::Url;
use uuid::Uuid;

use crate::{config::Config, wire::Parts};

/// How often letters are looked for that wait; somebody may be waiting for theirs.
pub(crate) const EVERY: Duration = Duration::from_secs(1);

/// Where this node keeps its mails.
pub(crate) fn folder(config: &Config) -> PathBuf {
    config.data_dir.join("mail")
}

/// The mails of this node, in its data folder.
pub(crate) fn mails(config: &Config, base: &Url) -> Arc<MailFiles> {
    Arc::new(MailFiles::new(folder(config), base.clone()))
}

/// What sends letters.
pub(crate) fn dispatch(parts: &Parts, mailer: Arc<dyn Mailer>) -> Arc<Dispatch> {
    let (secrets, env) = (Arc::clone(&parts.secrets), Arc::clone(&parts.env));
    Arc::new(Dispatch::new(parts.store.clone(), mailer, secrets, env))
}

/// Sends what waits.
pub(crate) async fn send(dispatch: Arc<Dispatch>) -> anyhow::Result<()> {
    let sent = dispatch.send_waiting().await?;
    if sent > 0 {
        metrics::counter!("guichet_letters_sent_total").increment(sent as u64);
        tracing::info!(job = "letters", sent, "letters went out");
    }
    Ok(())
}

/// The mails of a demonstration.
pub(crate) struct DevMailbox(pub(crate) Arc<MailFiles>);

#[async_trait]
impl Mailbox for DevMailbox {
    async fn list(&self) -> Result<Vec<Mail>, PortError> {
        Ok(self.0.list().await?.into_iter().map(mail).collect())
    }

    async fn mail(&self, id: Uuid) -> Result<Option<Mail>, PortError> {
        Ok(self.0.read(id).await?.map(mail))
    }
}

fn mail(stored: StoredMail) -> Mail {
    let StoredMail { id, to, subject, at, text } = stored;
    Mail { id, to, subject, at, text }
}
