//! Who asks.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::{
        StatusCode,
        header::{AUTHORIZATION, USER_AGENT},
    },
    web::Data,
};
use futures_util::future::LocalBoxFuture;
use identity::ClientInfo;
use kernel::{Caller, Language, OrganizationId};

use crate::{Api, failure::Failure};

/// A caller with a token that is good now; anybody else is refused with 401.
pub(crate) struct Known(pub(crate) Caller);

impl FromRequest for Known {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let internal = || Failure::of_status(StatusCode::INTERNAL_SERVER_ERROR);
            let api = request.app_data::<Data<Api>>().ok_or_else(internal)?;
            let token = bearer(&request).ok_or_else(Failure::unauthenticated)?;
            let caller = api.identity.authenticate(token).await?;
            request.extensions_mut().insert(Asking::of(&caller));
            Ok(Self(caller))
        })
    }
}

/// What the edge needs to know of a caller after the handler is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    /// Whose origins count.
    pub(crate) organization: OrganizationId,
    /// The language to answer in when the call names none.
    pub(crate) language: Language,
}

impl Asking {
    fn of(caller: &Caller) -> Self {
        Self { organization: caller.organization(), language: caller.language() }
    }
}

/// The bearer token of a request; the scheme's case does not count (RFC 9110, section 11.1).
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Where a sign-in comes from.
pub(crate) fn client_info(request: &HttpRequest, browser: bool) -> ClientInfo {
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    ClientInfo {
        address: request.peer_addr().map(|address| address.ip().to_string()),
        user_agent: user_agent.map(ToOwned::to_owned),
        browser,
    }
}
