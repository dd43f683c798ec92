//! How often somebody may call who is not known yet.

use std::{net::IpAddr, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest,
    http::header::{HeaderName, HeaderValue},
};
use chat::{Allowance, Budgets};
use identity::Identity;
use kernel::{OrganizationId, ParticipantId, RefusalKind, Secret};
use uuid::Uuid;

use crate::failure::Failure;

/// What visitors may do in a time, and where it is counted: in the budgets that nodes share, if they share any.
pub struct Pace {
    /// Where it is counted. MUST be budgets of their own, as the ids in them are no people's.
    pub budgets: Arc<dyn Budgets>,
    /// New requests and conversations, by the address they come from.
    pub public_creations: Allowance,
    /// Letters that anybody can have sent to an address (a link to a request, a registration, a forgotten password),
    /// by the address they go to.
    pub letters: Allowance,
    /// Attempts at accounts and lost links, by the address they come from.
    pub accounts: Allowance,
    /// Sign-ins, that succeed or not, by the address they come from.
    pub logins: Allowance,
    /// Passwords tried with the link of a registration, by the link: as many as it is good for.
    pub links: Allowance,
}

impl Pace {
    /// Five new requests a minute, three letters an hour, ten attempts and ten sign-ins a minute, five passwords with
    /// a link in a day.
    pub fn new(budgets: Arc<dyn Budgets>) -> Self {
        let a_minute = |count| Allowance { count, within: Duration::from_mins(1) };
        Self {
            budgets,
            public_creations: a_minute(5),
            letters: Allowance { count: 3, within: Duration::from_hours(1) },
            accounts: a_minute(10),
            logins: a_minute(10),
            links: Allowance { count: 5, within: Duration::from_hours(24) },
        }
    }

    /// Counts something that a visitor opens, from where [`client`] says.
    pub(crate) async fn creation(
        &self,
        identity: &Identity,
        organization: OrganizationId,
        from: &str,
    ) -> Result<(), Failure> {
        self.take(identity, organization, "creation", from, self.public_creations).await
    }

    /// Counts an attempt at an account or a lost link.
    pub(crate) async fn attempt(
        &self,
        identity: &Identity,
        organization: OrganizationId,
        request: &HttpRequest,
    ) -> Result<(), Failure> {
        let from = client(request);
        self.take(identity, organization, "attempt", &from, self.accounts).await
    }

    /// Counts a sign-in.
    pub(crate) async fn login(
        &self,
        identity: &Identity,
        organization: OrganizationId,
        request: &HttpRequest,
    ) -> Result<(), Failure> {
        let from = client(request);
        self.take(identity, organization, "login", &from, self.logins).await
    }

    /// Counts a password that is tried with a link.
    pub(crate) async fn link(
        &self,
        identity: &Identity,
        organization: OrganizationId,
        link: &Secret,
    ) -> Result<(), Failure> {
        self.take(identity, organization, "link", link.expose(), self.links).await
    }

    /// Counts a letter to somebody, whether or not one is sent: the count must not tell.
    pub(crate) async fn letter(
        &self,
        identity: &Identity,
        organization: OrganizationId,
        to: &identity::Email,
    ) -> Result<(), Failure> {
        self.take(identity, organization, "letter", to.as_str(), self.letters).await
    }

    /// Whose budget it is, is known by a fingerprint: neither addresses nor mails are kept.
    async fn take(
        &self,
        identity: &Identity,
        organization: OrganizationId,
        what: &str,
        whose: &str,
        allowance: Allowance,
    ) -> Result<(), Failure> {
        let name = identity.fingerprint(&format!("pace\n{what}\n{whose}"));
        let mut id = [0; 16];
        id.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        let taken = self.budgets.take(organization, ParticipantId::new(Uuid::from_bytes(id)), allowance).await;
        taken.map_err(|wait| refused(allowance, wait))
    }
}

fn refused(allowance: Allowance, wait: Duration) -> Failure {
    let number = |name, value: u64| (HeaderName::from_static(name), HeaderValue::from(value));
    let seconds = u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
    let headers = [
        number("ratelimit-limit", allowance.count.into()),
        number("ratelimit-remaining", 0),
        number("ratelimit-reset", seconds),
    ];
    let failure = Failure::from_kind(RefusalKind::TooMany(wait), "rate_limited");
    headers.into_iter().fold(failure, |failure, (name, value)| failure.with_header(name, value))
}

/// Where a call comes from, as far as it counts: an IPv4 address, or the /64 that an IPv6 subscriber has to itself
/// (RFC 6177). Calls without an address count as one caller's.
pub(crate) fn client(request: &HttpRequest) -> String {
    match request.peer_addr().map(|peer| peer.ip().to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{:x}/64", address.to_bits() >> 64),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn from(address: &str) -> String {
        client(&TestRequest::default().peer_addr(address.parse().unwrap()).to_http_request())
    }

    #[test]
    fn an_ipv6_subscriber_counts_once_and_ipv4_is_known_however_it_is_written() {
        assert_eq!(from("[2001:db8:0:1::1]:80"), from("[2001:db8:0:1:ffff::2]:81"));
        assert_ne!(from("[2001:db8:0:1::1]:80"), from("[2001:db8:0:2::1]:80"));
        assert_eq!(from("192.0.2.1:80"), from("[::ffff:192.0.2.1]:81"));
        assert_ne!(from("192.0.2.1:80"), from("192.0.2.2:80"));
    }
}
