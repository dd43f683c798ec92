//! Every code has its texts.

use kernel::{NotAllowed, PortError, Refusal};

use crate::{IdentityError, InvalidValue, TEXTS};

fn ids(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.split_once(" = ")).map(|(id, _)| id).collect()
}

/// The codes that several domains share have their texts elsewhere.
const SHARED: [&str; 6] = ["required", "too_short", "too_long", "invalid", "too_many", "out_of_range"];

#[test]
fn every_code_has_a_text_in_both_languages_and_no_text_is_left_over() {
    let own_fields = InvalidValue::CODES.iter().filter(|code| !SHARED.contains(code));
    let mut expected: Vec<String> = IdentityError::CODES.iter().map(|code| code.replace('.', "-")).collect();
    expected.extend(own_fields.map(|code| format!("field-{code}")));
    expected.sort();
    for text in [TEXTS.fr, TEXTS.en] {
        let mut found = ids(text);
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[test]
fn every_refusal_of_this_domain_is_on_the_list() {
    let all = [
        IdentityError::BadCredentials,
        IdentityError::NotAuthenticated,
        IdentityError::TokenExpired,
        IdentityError::TokenRevoked,
        IdentityError::TokenReused,
        IdentityError::SessionEnded,
        IdentityError::OrganizationNotFound,
        IdentityError::UserNotFound,
        IdentityError::SessionNotFound,
        IdentityError::GuestTokenNotFound,
        IdentityError::LinkInvalid,
        IdentityError::EmailTaken,
        IdentityError::SlugTaken,
        IdentityError::LastAdmin,
    ];
    assert_eq!(all.map(|error| error.code()), IdentityError::CODES);
    assert_eq!(IdentityError::from(NotAllowed).code(), "forbidden");
    assert_eq!(IdentityError::from(PortError::unavailable("x")).code(), "unavailable");
    assert_eq!(IdentityError::Invalid(Vec::new()).code(), "invalid");
}
