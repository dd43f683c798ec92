//! Files that the server itself gives out, to whoever has their address.

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    get,
    http::{
        StatusCode,
        header::{self, ContentEncoding},
    },
    web::{Bytes, Data},
};
use chat::Attachment;
use futures_util::stream;
use kernel::{AttachmentId, OrganizationId, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Api,
    answer::Answer,
    extract::{Id, Query},
    failure::Failure,
    problem::Problem,
};

/// The address of a file, good until a time.
pub(super) fn address(api: &Api, attachment: &Attachment, until: Timestamp, inline: bool) -> String {
    let (organization, id) = (attachment.organization, attachment.file.id);
    // Whole seconds are enough, and make shorter addresses.
    let expires = until.as_micros() / 1_000_000;
    let signature = api.identity.fingerprint(&signed(organization, id, expires, inline));
    let inline = if inline { "&inline=true" } else { "" };
    let origin = &api.settings.public_origin;
    format!("{origin}/api/v1/files/{id}?organization={organization}&expires={expires}{inline}&signature={signature}")
}

/// What the signature of an address is of.
fn signed(organization: OrganizationId, id: AttachmentId, expires: i64, inline: bool) -> String {
    format!("file\n{organization}\n{id}\n{expires}\n{inline}")
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FileQuery {
    #[param(value_type = Uuid)]
    organization: Option<String>,
    /// In seconds since 1970.
    #[param(value_type = i64)]
    expires: Option<String>,
    #[param(value_type = Option<bool>)]
    inline: Option<String>,
    #[param(value_type = String)]
    signature: Option<String>,
}

/// A file, under the address that `link` and `download` give.
#[utoipa::path(tag = "attachments", params(("id" = Uuid, Path, description = "The file."), FileQuery,
    ("Range" = Option<String>, Header, description = "One range of bytes.")), responses(
    (status = 200, description = "The file.", content_type = "application/octet-stream"),
    (status = 206, description = "The range that was asked for.", content_type = "application/octet-stream"),
    (status = 416, description = "Not one range that the file has.", body = Problem,
        content_type = "application/problem+json")))]
#[get("/files/{id}")]
pub(super) async fn read_file(
    api: Data<Api>,
    Id(id): Id<AttachmentId>,
    Query(query): Query<FileQuery>,
    request: HttpRequest,
) -> Answer {
    let (organization, inline) = proven(&api, id, &query)?;
    let attachment = api.uploads.linked(organization, id).await?;
    let file = attachment.file.clone();
    let etag = format!("\"{}\"", file.sha256);
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::ETAG, etag.clone()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600, immutable"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CONTENT_DISPOSITION, file.file_name.content_disposition(inline && file.may_be_shown())))
        // The address is the right; a picture is shown by the widget on other sites.
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        // As it is: what is stored is what was checked, and ranges count its bytes.
        .insert_header(ContentEncoding::Identity);
    if same(&request, header::IF_NONE_MATCH, &etag) {
        return Ok(answer.status(StatusCode::NOT_MODIFIED).finish());
    }
    let (from, length) = match range(&request, &etag, file.size) {
        None => (0, file.size),
        Some(Some((from, to))) => {
            answer.status(StatusCode::PARTIAL_CONTENT);
            answer.insert_header((header::CONTENT_RANGE, format!("bytes {from}-{to}/{}", file.size)));
            (from, to - from + 1)
        }
        Some(None) => return Err(Failure::no_such_range(file.size)),
    };
    let opened = api.uploads.open(attachment, from, length).await?;
    let pieces = stream::try_unfold(opened.source, |mut source| async move {
        let piece = source.next().await.map_err(|error| {
            tracing::error!(%error, "a file cannot be read on");
            error
        })?;
        Ok::<_, kernel::PortError>(piece.map(|piece| (Bytes::from(piece), source)))
    });
    Ok(answer.content_type(file.mime_type).body(SizedStream::new(length, Box::pin(pieces))))
}

/// Whose file it is and whether it may be shown, by an address that we made and whose time is not over.
fn proven(api: &Api, id: AttachmentId, query: &FileQuery) -> Result<(OrganizationId, bool), Failure> {
    let read = || {
        let organization = query.organization.as_deref()?.parse::<OrganizationId>().ok()?;
        let expires = query.expires.as_deref()?.parse::<i64>().ok()?;
        let inline = query.inline.as_deref().map_or(Some(false), |text| text.parse().ok())?;
        let signature = query.signature.as_deref()?;
        let is_ours = api.identity.is_fingerprint(&signed(organization, id, expires, inline), signature);
        (is_ours && expires.checked_mul(1_000_000)? > api.now().as_micros()).then_some((organization, inline))
    };
    read().ok_or_else(Failure::not_found)
}

fn same(request: &HttpRequest, name: header::HeaderName, etag: &str) -> bool {
    let tags = request.headers().get(name).and_then(|tags| tags.to_str().ok());
    tags.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag))
}

/// The one range that is asked for (RFC 9110, section 14): first and last byte. The outer `None` is for all of
/// it, the inner for what the file has not, or for more ranges than one.
#[expect(clippy::option_option, reason = "no range, one that cannot be had, and one are three things")]
fn range(request: &HttpRequest, etag: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let asked = request.headers().get(header::RANGE)?;
    if request.headers().contains_key(header::IF_RANGE) && !same(request, header::IF_RANGE, etag) {
        return None;
    }
    // Another unit is to be ignored.
    let ranges = asked.to_str().ok()?.strip_prefix("bytes=")?;
    Some(one_range(ranges, size))
}

fn one_range(range: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.split_once('-')?;
    let number = |text: &str| if text.bytes().all(|c| c.is_ascii_digit()) { text.parse::<u64>().ok() } else { None };
    let end = size.checked_sub(1)?;
    match (first.trim(), last.trim()) {
        ("", last) => {
            let length = number(last).filter(|length| *length > 0)?;
            Some((size.saturating_sub(length), end))
        }
        (first, "") => number(first).filter(|first| *first <= end).map(|first| (first, end)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last && first <= end).then_some((first, last.min(end)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_no_more() {
        for (asked, answer) in [
            ("0-0", Some((0, 0))),
            ("0-", Some((0, 99))),
            ("90-200", Some((90, 99))),
            ("-1", Some((99, 99))),
            ("-500", Some((0, 99))),
            ("100-", None),
            ("5-4", None),
            ("-0", None),
            ("-", None),
            ("", None),
            ("--5", None),
            ("-5-", None),
            ("0-0,1-1", None),
            ("a-b", None),
            ("0-18446744073709551616", None),
        ] {
            assert_eq!(one_range(asked, 100), answer, "{asked}");
        }
        assert_eq!(one_range("0-", 0), None);
    }
}
