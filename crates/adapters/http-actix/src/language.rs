//! The language of an answer.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use kernel::Language;

/// The language that `Accept-Language` prefers among ours (RFC 9110, section 12.5.4); nothing when
/// it names none of them.
pub(crate) fn accepted(headers: &HeaderMap) -> Option<Language> {
    let mut best: Option<(u16, Language)> = None;
    for item in
        headers.get_all(ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','))
    {
        let mut parts = item.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1000), weight);
        let language = match tag.split('-').next() {
            Some("*") => Some(Language::default()),
            Some(primary) => primary.parse().ok(),
            None => None,
        };
        if let (Some(language), Some(weight @ 1..)) = (language, weight)
            && best.is_none_or(|(most, _)| weight > most)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// A weight in thousandths: `0`, `0.5`, `1.000`.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn accept(text: &str) -> Option<Language> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(text).unwrap());
        accepted(&headers)
    }

    #[test]
    fn the_heaviest_of_our_languages_wins() {
        assert_eq!(accept("en"), Some(Language::En));
        assert_eq!(accept("de-DE, en-GB;q=0.8, fr;q=0.7"), Some(Language::En));
        assert_eq!(accept("en;q=0.1, fr-CA;q=0.9"), Some(Language::Fr));
        assert_eq!(accept("en, fr"), Some(Language::En), "the first of equals");
        assert_eq!(accept("*"), Some(Language::Fr));
    }

    #[test]
    fn what_is_refused_or_not_ours_does_not_count() {
        assert_eq!(accept("de, it"), None);
        assert_eq!(accept("en;q=0, de"), None);
        assert_eq!(accept("en;q=1.5"), None);
        assert_eq!(accept("en;q=0.12345"), None);
        assert_eq!(accept(",;q=,=;"), None);
    }
}
