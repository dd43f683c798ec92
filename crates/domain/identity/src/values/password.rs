//! Passwords: what makes one, and what is kept of it.

use kernel::Secret;

use super::InvalidValue;

/// A password that may be set: 10 to 72 bytes (what bcrypt takes without cutting), no NUL, not among
/// the most common ones, not containing the organisation's name. Spaces and any script are welcome,
/// and no mixture of characters is asked for (NIST SP 800-63B, section 3.1.1.2).
#[derive(Debug, Clone)]
pub struct Password(Secret);

impl Password {
    /// The fewest bytes.
    pub const MIN_BYTES: usize = 10;
    /// The most bytes; longer ones are refused, never cut.
    pub const MAX_BYTES: usize = 72;

    /// Parses a password that somebody wants to set. `organization` names what it may not contain:
    /// the organisation's name and its short name.
    ///
    /// # Errors
    /// `too_short`, `too_long`, `invalid`, `password_too_common` or `password_names_organization`.
    pub fn parse(text: &Secret, organization: &[&str]) -> Result<Self, InvalidValue> {
        let clear = text.expose();
        if clear.len() < Self::MIN_BYTES {
            return Err(InvalidValue::TOO_SHORT);
        }
        if clear.len() > Self::MAX_BYTES {
            return Err(InvalidValue::TOO_LONG);
        }
        // Bcrypt repeats the password after a NUL, so that `x` and `x\0x` would be one password.
        if clear.contains('\0') {
            return Err(InvalidValue::INVALID);
        }
        let folded = clear.to_lowercase();
        if is_common(&folded) {
            return Err(InvalidValue::TOO_COMMON);
        }
        if organization.iter().any(|name| names(&folded, name)) {
            return Err(InvalidValue::NAMES_ORGANIZATION);
        }
        Ok(Self(text.clone()))
    }

    /// A password that was set already, under whatever rules held then.
    pub(crate) fn set_before(text: &Secret) -> Self {
        Self(text.clone())
    }

    /// The password in clear, for hashing.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// A bcrypt hash in its modular form, salt and cost included.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash that a [`Passwords`](crate::Passwords) port made or a store kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The most common passwords of ten bytes or more, one a line, in lower case.
const COMMON: &str = include_str!("common-passwords.txt");

/// Whether it is on the list, is one with digits or signs around it, or repeats a short piece.
fn is_common(folded: &str) -> bool {
    let core = folded.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c == ' ');
    COMMON.lines().any(|line| line == folded || (!line.is_empty() && line == core)) || repeats(folded) || counts(folded)
}

/// `aaaaaaaaaa`, `abcabcabcabc`: at most four characters, again and again.
fn repeats(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=4).any(|period| chars.len() > period && chars.iter().zip(&chars[period..]).all(|(a, b)| a == b))
}

/// `1234567890`, `abcdefghij`, `9876543210`: each character next to the one before.
fn counts(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let runs = |step: i64| codes.windows(2).all(|pair| pair[1] - pair[0] == step || pair[0] - pair[1] == 9 * step);
    runs(1) || runs(-1)
}

/// Whether the password contains a name, with or without its spaces and signs; names under five
/// characters are not looked for, because they hide in ordinary words (`demo` in `democracy`).
fn names(folded: &str, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let squeezed: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    [name.as_str(), squeezed.as_str()].iter().any(|name| name.chars().count() >= 5 && folded.contains(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(), InvalidValue> {
        Password::parse(&Secret::new(text), &["Garage du Nord", "garage-nord"]).map(|_| ())
    }

    #[test]
    fn a_password_has_10_to_72_bytes_and_is_never_cut() {
        assert_eq!(parse("k7w-q2p_z"), Err(InvalidValue::TOO_SHORT));
        assert_eq!(parse("k7w-q2p_z!"), Ok(()));
        let long = "k7w-q2p_".repeat(9);
        assert_eq!(parse(&long), Ok(()));
        assert_eq!(parse(&format!("{long}x")), Err(InvalidValue::TOO_LONG));
        assert_eq!(parse(&"é".repeat(37)), Err(InvalidValue::TOO_LONG), "bytes count, not characters");
        assert_eq!(parse("k7w-q2\0p_z!"), Err(InvalidValue::INVALID));
    }

    #[test]
    fn spaces_and_any_script_are_welcome() {
        assert_eq!(parse("quatre chevaux verts"), Ok(()));
        assert_eq!(parse("четыре коня"), Ok(()));
    }

    #[test]
    fn common_passwords_are_refused() {
        for text in [
            "1234567890",
            "qwertyuiop",
            "Password123",
            "motdepasse",
            "Motdepasse2024!",
            "azertyuiop",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "abcdefghij",
            "0987654321",
            "administrator1",
            "iloveyou123",
            "letmein1234",
        ] {
            assert_eq!(parse(text), Err(InvalidValue::TOO_COMMON), "{text}");
        }
    }

    #[test]
    fn the_organisations_name_is_no_password() {
        for text in ["xx garage du nord", "GarageDuNord24", "garage-nord-99"] {
            assert_eq!(parse(text), Err(InvalidValue::NAMES_ORGANIZATION), "{text}");
        }
        assert_eq!(Password::parse(&Secret::new("un bon café noir"), &["Bon", ""]).map(|_| ()), Ok(()));
    }

    #[test]
    fn the_list_is_in_lower_case_without_doubles() {
        let lines: Vec<_> = COMMON.lines().collect();
        let mut unique = lines.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), lines.len());
        assert!(lines.iter().all(|line| *line == line.to_lowercase() && line.trim() == *line && !line.is_empty()));
        assert!(lines.len() >= 150);
    }
}
