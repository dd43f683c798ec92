//! What passwords, secrets and access tokens promise. What an attacker may try beyond that is tested
//! beside each implementation, in its own format.

use std::{collections::HashSet, time::Duration};

use kernel::{Language, OrganizationId, PortErrorKind, Role, Secret, SessionId, Timestamp, UserId, testing::FixedEnv};

use super::samples::uuid;
use crate::{
    AccessTokens, Claims, Password, PasswordHash, Passwords, Sealed, Secrets, SigningKey, TokenRejection, Verdict,
};

/// Hashes are salted where they are real, use all bytes, and a missing one is work all the same.
pub async fn passwords_keep_their_promises(passwords: &dyn Passwords) {
    let password = |text: &str| Password::parse(&Secret::new(text), &[]).unwrap();
    let long = "k7w-q2p_".repeat(9);
    for text in ["quatre chevaux verts", "четыре коня", long.as_str()] {
        let hash = passwords.hash(&password(text)).await.unwrap();
        assert_eq!(passwords.verify(&Secret::new(text), Some(&hash)).await.unwrap(), Verdict::Same, "{text}");
        for other in [&text[..text.len() - text.chars().last().unwrap().len_utf8()], "", "quatre chevaux vert"] {
            let verdict = passwords.verify(&Secret::new(other), Some(&hash)).await.unwrap();
            assert_eq!(verdict, Verdict::Different, "{other}");
        }
    }
    let hash = passwords.hash(&password(&long)).await.unwrap();
    let cut = Secret::new(format!("{long}and more"));
    assert_eq!(passwords.verify(&cut, Some(&hash)).await.unwrap(), Verdict::Different, "nothing is cut");
    assert_eq!(passwords.verify(&Secret::new("x".repeat(1_000_000)), Some(&hash)).await.unwrap(), Verdict::Different);
    assert_eq!(passwords.verify(&Secret::new(long), None).await.unwrap(), Verdict::Different);
    let nonsense = PasswordHash::new("nonsense");
    assert_ne!(passwords.verify(&Secret::new("x"), Some(&nonsense)).await.ok(), Some(Verdict::Same));
}

/// Random where it must be, the same where it must be, sealed for one purpose.
pub fn secrets_keep_their_promises(secrets: &dyn Secrets) {
    let tokens: HashSet<_> = (0..1_000).map(|_| secrets.token().unwrap().expose().to_owned()).collect();
    assert_eq!(tokens.len(), 1_000);
    let base64url = |text: &str| text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
    assert!(tokens.iter().all(|token| token.len() == 43 && base64url(token)));

    assert_eq!(secrets.hash("a"), secrets.hash("a"));
    assert_ne!(secrets.hash("a"), secrets.hash("b"));
    assert!(secrets.hash("a").as_str().len() == 64);
    assert!(secrets.hash("a").as_str().bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)));

    let derive = |key: &str, message: &str| secrets.derive(&Secret::new(key), message).expose().to_owned();
    assert_eq!(derive("key", "refresh:1"), derive("key", "refresh:1"));
    assert_ne!(derive("key", "refresh:1"), derive("key", "refresh:2"));
    assert_ne!(derive("key", "refresh:1"), derive("other", "refresh:1"));
    assert!(derive("key", "refresh:1").len() == 43 && base64url(&derive("key", "refresh:1")));

    let fingerprint = secrets.fingerprint("a body");
    assert_eq!(fingerprint, secrets.fingerprint("a body"));
    assert_ne!(fingerprint, secrets.fingerprint("another body"));
    assert_ne!(fingerprint, secrets.hash("a body").as_str(), "nobody without the key can make it");
    assert!(fingerprint.len() == 43 && base64url(&fingerprint));

    assert!(secrets.same("abc", "abc") && secrets.same("", ""));
    assert!(!secrets.same("abc", "abd") && !secrets.same("abc", "ab") && !secrets.same("", "a"));

    let clear = Secret::new("le mot secret");
    let sealed = secrets.seal("one", &clear).unwrap();
    assert!(!sealed.as_str().contains("le mot secret"));
    assert_eq!(secrets.unseal("one", &sealed).unwrap(), clear);
    assert_eq!(secrets.unseal("two", &sealed).unwrap_err().kind(), PortErrorKind::Corrupt);
    assert_eq!(secrets.unseal("one", &Sealed::new("")).unwrap_err().kind(), PortErrorKind::Corrupt);
    for at in 0..sealed.as_str().len() {
        let mut changed = sealed.as_str().as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = Sealed::new(String::from_utf8(changed).unwrap());
        if changed != sealed {
            assert!(secrets.unseal("one", &changed).is_err(), "a change at {at} is noticed");
        }
    }
}

/// Signed by the key of the moment, checked by any that still verifies.
pub fn access_tokens_keep_their_promises(tokens: &dyn AccessTokens, other_node: &dyn AccessTokens) {
    let now = FixedEnv::START;
    let at = |seconds: u64| now + Duration::from_secs(seconds);
    assert!(tokens.sign(&claims(now), now).is_err(), "nothing is signed before a key is loaded");
    let first = key(tokens, now, now);
    tokens.load(std::slice::from_ref(&first)).unwrap();
    let token = tokens.sign(&claims(now), now).unwrap();
    assert_eq!(tokens.verify(token.expose(), now), Ok(claims(now)), "what is signed is read back");

    assert!(tokens.verify(token.expose(), at(899)).is_ok());
    assert_eq!(tokens.verify(token.expose(), at(900)), Err(TokenRejection::Expired));
    assert!(tokens.verify(token.expose(), now - Duration::from_mins(1)).is_ok(), "clocks differ by a minute");
    assert_eq!(tokens.verify(token.expose(), now - Duration::from_secs(61)), Err(TokenRejection::Invalid));
    let halves = token.expose().split_at(token.expose().len() / 2);
    for text in ["", "x", "a.b.c", halves.0, halves.1, &token.expose()[1..], "🦀.🦀.🦀"] {
        assert!(tokens.verify(text, now).is_err(), "{text}");
        assert_ne!(
            tokens.verify(text, at(900)),
            Err(TokenRejection::Expired),
            "said of our own signature only: {text}"
        );
    }

    assert_eq!(other_node.verify(token.expose(), now), Err(TokenRejection::UnknownKey));
    other_node.load(std::slice::from_ref(&first)).unwrap();
    assert_eq!(other_node.verify(token.expose(), now), Ok(claims(now)), "every node accepts the others'");

    let second = key(tokens, at(10), at(20));
    let retired = SigningKey { verifies_until: Some(at(2_000)), ..first.clone() };
    tokens.load(&[retired, second]).unwrap();
    let by_old = tokens.sign(&claims(at(19)), at(19)).unwrap();
    let by_new = tokens.sign(&claims(at(20)), at(20)).unwrap();
    assert!(other_node.verify(by_old.expose(), at(20)).is_ok(), "until its time comes, the old key signs");
    assert_eq!(other_node.verify(by_new.expose(), at(20)), Err(TokenRejection::UnknownKey), "then the new one");
    assert!(tokens.verify(by_old.expose(), at(20)).is_ok());
    assert!(tokens.verify(by_new.expose(), at(20)).is_ok());
    let set = |now| tokens.jwks(now)["keys"].as_array().map(Vec::len);
    assert_eq!((set(now), set(at(1_999)), set(at(2_000))), (Some(2), Some(2), Some(1)));
    let long_lived = Claims { expires_at: at(5_000), ..claims(at(19)) };
    let by_old = tokens.sign(&long_lived, at(19)).unwrap();
    assert!(tokens.verify(by_old.expose(), at(1_999)).is_ok());
    assert_eq!(tokens.verify(by_old.expose(), at(2_000)), Err(TokenRejection::UnknownKey), "a retired key is over");

    let mut broken = first;
    broken.material.sealed_private = Sealed::new("nonsense");
    assert_eq!(tokens.load(&[broken]).unwrap_err().kind(), PortErrorKind::Corrupt);
    assert!(tokens.verify(by_new.expose(), at(20)).is_ok(), "what was loaded before stays");
}

fn key(tokens: &dyn AccessTokens, created_at: Timestamp, signs_from: Timestamp) -> SigningKey {
    SigningKey { material: tokens.generate().unwrap(), created_at, signs_from, verifies_until: None }
}

fn claims(issued_at: Timestamp) -> Claims {
    Claims {
        organization: OrganizationId::new(uuid(1)),
        user: UserId::new(uuid(2)),
        role: Role::Supervisor,
        name: "Zoë « la chef » O'Hara".into(),
        session: SessionId::new(uuid(3)),
        language: Language::En,
        issued_at,
        expires_at: issued_at + Duration::from_mins(15),
    }
}
