//! The contract of access tokens, and what somebody may try with a forged one.
#![expect(clippy::unwrap_used, reason = "what a test calls may panic as the test may")]

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto_aws_lc::{AwsLcSecrets, EdDsaTokens, Issuer, SecretKey};
use identity::{AccessTokens, Claims, KeyMaterial, Sealed, SigningKey, TokenRejection, testing::contract};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kernel::{Language, OrganizationId, PortErrorKind, Role, SessionId, Timestamp, UserId, testing::FixedEnv};
use serde_json::{Value, json};
use uuid::Uuid;

const NOW: Timestamp = FixedEnv::START;

struct Forge {
    tokens: EdDsaTokens,
    secrets: Arc<AwsLcSecrets>,
    key: SigningKey,
    /// The private key in PKCS#8: what only a test can have.
    private: Vec<u8>,
}

fn issuer() -> Issuer {
    Issuer { issuer: "https://help.example".into(), audience: "guichet".into() }
}

fn forge() -> Forge {
    use identity::Secrets;
    let secrets = Arc::new(AwsLcSecrets::new(&SecretKey::generate().unwrap()).unwrap());
    let tokens = EdDsaTokens::new(issuer(), secrets.clone());
    let material = tokens.generate().unwrap();
    let purpose = format!("signing-key:{}", material.id);
    let private = secrets.unseal(&purpose, &material.sealed_private).unwrap();
    let private = URL_SAFE_NO_PAD.decode(private.expose()).unwrap();
    let key = SigningKey { material, created_at: NOW, signs_from: NOW, verifies_until: None };
    tokens.load(std::slice::from_ref(&key)).unwrap();
    Forge { tokens, secrets, key, private }
}

fn claims() -> Claims {
    Claims {
        organization: OrganizationId::new(Uuid::from_u128(1)),
        user: UserId::new(Uuid::from_u128(2)),
        role: Role::Agent,
        name: "Zoë « la chef » O'Hara".into(),
        session: SessionId::new(Uuid::from_u128(3)),
        language: Language::Fr,
        issued_at: NOW,
        expires_at: NOW + Duration::from_mins(15),
    }
}

impl Forge {
    fn honest_header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.key.material.id })
    }

    fn honest_claims(&self) -> Value {
        let token = self.tokens.sign(&claims(), NOW).unwrap();
        let body = token.expose().split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
    }

    /// A token with any header and claims, signed with our own key: only the header and the claims
    /// can be the reason why it is refused.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_text(&header.to_string(), &claims.to_string())
    }

    fn signed_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let pair = Ed25519KeyPair::from_pkcs8(&self.private).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes())))
    }

    fn verify(&self, token: &str) -> Result<Claims, TokenRejection> {
        self.tokens.verify(token, NOW)
    }
}

fn with(value: &Value, name: &str, new: Value) -> Value {
    let mut value = value.clone();
    value[name] = new;
    value
}

fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().remove(name);
    value
}

#[test]
fn the_contract_is_kept() {
    let secrets = Arc::new(AwsLcSecrets::new(&SecretKey::generate().unwrap()).unwrap());
    let node = || EdDsaTokens::new(issuer(), secrets.clone());
    contract::access_tokens_keep_their_promises(&node(), &node());
}

#[test]
fn a_token_says_what_it_should_and_the_forge_works() {
    let forge = forge();
    let token = forge.tokens.sign(&claims(), NOW).unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.expose().split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap(), forge.honest_header());
    assert_eq!(
        forge.honest_claims(),
        json!({
            "iss": "https://help.example", "aud": "guichet", "sub": "00000000-0000-0000-0000-000000000002",
            "org": "00000000-0000-0000-0000-000000000001", "role": "agent", "name": "Zoë « la chef » O'Hara",
            "sid": "00000000-0000-0000-0000-000000000003", "lang": "fr", "iat": 1_705_314_600, "exp": 1_705_315_500
        })
    );
    let forged = forge.signed(&forge.honest_header(), &forge.honest_claims());
    assert_eq!(forge.verify(&forged), Ok(claims()), "else no other test here says anything");
}

#[test]
fn no_other_algorithm_is_taken() {
    let forge = forge();
    let (header, body) = (forge.honest_header(), forge.honest_claims());
    for alg in ["none", "None", "nOnE", "NONE", "", "HS256", "HS384", "HS512", "RS256", "ES256", "PS256", "eddsa"] {
        let signed = forge.signed(&with(&header, "alg", json!(alg)), &body);
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        for token in [signed, unsigned] {
            assert_eq!(forge.verify(&token), Err(TokenRejection::Invalid), "{alg}");
        }
    }
    for alg in [json!(null), json!(5), json!(["EdDSA"]), json!({})] {
        assert_eq!(forge.verify(&forge.signed(&with(&header, "alg", alg), &body)), Err(TokenRejection::Invalid));
    }
    assert_eq!(forge.verify(&forge.signed(&without(&header, "alg"), &body)), Err(TokenRejection::Invalid));
    let honest = forge.signed(&header, &body);
    for signature in ["", "AAAA", &URL_SAFE_NO_PAD.encode([0; 64]), &URL_SAFE_NO_PAD.encode([0; 63])] {
        let token = format!("{}.{signature}", honest.rsplit_once('.').unwrap().0);
        assert_eq!(forge.verify(&token), Err(TokenRejection::Invalid), "{signature}");
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let forge = forge();
    let public = &forge.key.material.public;
    let raw = URL_SAFE_NO_PAD.decode(public).unwrap();
    let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(), &raw].concat();
    let body64 = base64::engine::general_purpose::STANDARD.encode(&der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body64}\n-----END PUBLIC KEY-----\n");
    let jwk = forge.tokens.jwks(NOW)["keys"][0].to_string();
    for secret in [raw.as_slice(), &der, pem.as_bytes(), public.as_bytes(), jwk.as_bytes(), b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.typ = Some("at+jwt".into());
            header.kid = Some(forge.key.material.id.clone());
            let key = EncodingKey::from_secret(secret);
            let token = jsonwebtoken::encode(&header, &forge.honest_claims(), &key).unwrap();
            assert_eq!(forge.verify(&token), Err(TokenRejection::Invalid));
            let (_, rest) = token.split_once('.').unwrap();
            let relabelled = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(forge.honest_header().to_string()));
            assert_eq!(forge.verify(&relabelled), Err(TokenRejection::Invalid));
        }
    }
}

#[test]
fn a_key_id_is_only_compared() {
    let forge = forge();
    for kid in ["../../dev/null", "' OR 1=1 --", "https://evil.example/jwks.json", "", "\u{0}"] {
        let token = forge.signed(&with(&forge.honest_header(), "kid", json!(kid)), &forge.honest_claims());
        assert_eq!(forge.verify(&token), Err(TokenRejection::UnknownKey), "{kid}");
    }
    let long = forge.signed(&with(&forge.honest_header(), "kid", json!("x".repeat(10_000))), &forge.honest_claims());
    assert_eq!(forge.verify(&long), Err(TokenRejection::Invalid));
    for kid in [json!(null), json!(7), json!([forge.key.material.id])] {
        let token = forge.signed(&with(&forge.honest_header(), "kid", kid), &forge.honest_claims());
        assert_eq!(forge.verify(&token), Err(TokenRejection::Invalid));
    }
}

#[test]
fn no_header_brings_a_key_along_or_asks_for_more() {
    let forge = forge();
    let attacker = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap().as_ref());
    let x = URL_SAFE_NO_PAD.encode(attacker.unwrap().public_key());
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA" })),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
        ("x5t", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(["unknown"])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("anything", json!(1)),
        ("typ", json!("JWT")),
        ("typ", json!("AT+JWT")),
        ("typ", json!(null)),
    ] {
        let token = forge.signed(&with(&forge.honest_header(), name, value.clone()), &forge.honest_claims());
        assert_eq!(forge.verify(&token), Err(TokenRejection::Invalid), "{name}: {value}");
    }
    let token = forge.signed(&without(&forge.honest_header(), "typ"), &forge.honest_claims());
    assert_eq!(forge.verify(&token), Err(TokenRejection::Invalid));
    let twice = forge.honest_header().to_string().replacen('{', r#"{"alg":"none","#, 1);
    assert_eq!(
        forge.verify(&forge.signed_text(&twice, &forge.honest_claims().to_string())),
        Err(TokenRejection::Invalid)
    );
}

#[test]
fn every_claim_is_there_and_of_its_type() {
    let forge = forge();
    let (header, body) = (forge.honest_header(), forge.honest_claims());
    for name in ["iss", "aud", "sub", "org", "role", "name", "sid", "lang", "iat", "exp"] {
        assert_eq!(forge.verify(&forge.signed(&header, &without(&body, name))), Err(TokenRejection::Invalid), "{name}");
        for wrong in [json!(null), json!({}), json!([]), json!(true), json!(""), json!("x"), json!(-1), json!(1.5)] {
            // An empty name, or `x`, is a name.
            if !(name == "name" && wrong.is_string()) {
                let refused = forge.verify(&forge.signed(&header, &with(&body, name, wrong.clone())));
                assert!(refused.is_err(), "{name}: {wrong}");
            }
        }
    }
    for (name, wrong) in [
        ("iss", json!("https://help.example.evil.io")),
        ("iss", json!(["https://help.example", "x"])),
        ("aud", json!("another")),
        ("aud", json!(["guichet"])),
        ("role", json!("owner")),
        ("role", json!("Admin")),
        ("sub", json!("{00000000-0000-0000-0000-000000000002}")),
    ] {
        let refused = forge.verify(&forge.signed(&header, &with(&body, name, wrong.clone())));
        assert_eq!(refused, Err(TokenRejection::Invalid), "{name}: {wrong}");
    }
    let twice = body.to_string().replacen('{', r#"{"role":"admin","#, 1);
    assert_eq!(forge.verify(&forge.signed_text(&header.to_string(), &twice)), Err(TokenRejection::Invalid));
}

#[test]
fn times_are_whole_numbers_that_make_sense() {
    let forge = forge();
    let (header, body) = (forge.honest_header(), forge.honest_claims());
    let now = 1_705_314_600_i64;
    for (name, value, expected) in [
        ("exp", json!(now), TokenRejection::Invalid),
        ("exp", json!(now + 1), TokenRejection::Expired),
        ("exp", json!(-1), TokenRejection::Invalid),
        ("exp", json!(i64::MAX), TokenRejection::Invalid),
        ("exp", json!(u64::MAX), TokenRejection::Invalid),
        ("exp", json!(1e300), TokenRejection::Invalid),
        ("exp", json!(1_705_315_500.5), TokenRejection::Invalid),
        ("exp", json!("1705315500"), TokenRejection::Invalid),
        ("iat", json!(now + 62), TokenRejection::Invalid),
        ("iat", json!(now + 1_000_000), TokenRejection::Invalid),
        ("nbf", json!(now + 62), TokenRejection::Invalid),
        ("nbf", json!("soon"), TokenRejection::Invalid),
        ("nbf", json!(i64::MAX), TokenRejection::Invalid),
    ] {
        let token = forge.signed(&header, &with(&body, name, value.clone()));
        let refused = forge.tokens.verify(&token, NOW + Duration::from_secs(1));
        assert_eq!(refused, Err(expected), "{name}: {value}");
    }
    let slightly_ahead = with(&with(&body, "nbf", json!(now + 60)), "iat", json!(now + 60));
    assert!(forge.verify(&forge.signed(&header, &slightly_ahead)).is_ok(), "clocks differ by a minute");
}

#[test]
fn texts_that_are_no_token_are_refused_quickly() {
    let forge = forge();
    let honest = forge.signed(&forge.honest_header(), &forge.honest_claims());
    let broken_json = forge.signed_text("{", "{");
    let deep = forge.signed_text(&forge.honest_header().to_string(), &"[".repeat(2_000));
    let million = ".".repeat(1_000_000);
    let padded = format!("{honest}=");
    let spaced = format!(" {honest}");
    let four = format!("{honest}.x");
    for text in ["", ".", "..", "...", &broken_json, &deep, &million, &padded, &spaced, &four, &honest.to_uppercase()] {
        assert_eq!(forge.verify(text), Err(TokenRejection::Invalid), "{text:.40}");
    }
    for at in (0..honest.len()).filter(|at| honest.as_bytes()[*at] != b'.') {
        let mut changed = honest.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(changed == honest || forge.verify(&changed).is_err(), "a change at {at} is noticed");
    }
}

#[test]
fn a_stored_key_whose_parts_do_not_belong_together_is_not_loaded() {
    let (forge, other) = (forge(), forge());
    let honest = forge.tokens.sign(&claims(), NOW).unwrap();
    let small_order = {
        let mut point = [0_u8; 32];
        point[0] = 1;
        URL_SAFE_NO_PAD.encode(point)
    };
    let own = &forge.key.material;
    for material in [
        KeyMaterial { public: other.key.material.public.clone(), ..own.clone() },
        KeyMaterial { public: small_order, ..own.clone() },
        KeyMaterial { id: other.key.material.id.clone(), ..own.clone() },
        KeyMaterial { sealed_private: other.key.material.sealed_private.clone(), ..own.clone() },
        KeyMaterial { sealed_private: Sealed::new("v1.AAAA"), ..own.clone() },
    ] {
        let key = SigningKey { material, ..forge.key.clone() };
        assert_eq!(forge.tokens.load(&[key]).unwrap_err().kind(), PortErrorKind::Corrupt);
    }
    assert!(forge.verify(honest.expose()).is_ok(), "what was loaded before stays");
    let elsewhere = EdDsaTokens::new(Issuer { issuer: "https://x".into(), audience: "guichet".into() }, forge.secrets);
    elsewhere.load(&[forge.key]).unwrap();
    assert_eq!(elsewhere.verify(honest.expose(), NOW), Err(TokenRejection::Invalid), "another issuer");
}

#[test]
fn the_key_set_shows_the_public_part_only() {
    let forge = forge();
    let jwk = &forge.tokens.jwks(NOW)["keys"][0];
    assert_eq!(jwk["kid"], json!(forge.key.material.id));
    assert_eq!(
        (&jwk["kty"], &jwk["crv"], &jwk["alg"], &jwk["use"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    assert!(jwk.get("d").is_none(), "the private part stays here");
    assert_eq!(jwk["x"].as_str().unwrap().len(), 43);
}
