//! The texts of the codes that belong to no domain.

/// The texts of the codes that every edge may give.
pub const TEXTS: kernel::TextCatalogue =
    kernel::TextCatalogue { fr: include_str!("../locales/fr.ftl"), en: include_str!("../locales/en.ftl") };

/// Codes of refusals that belong to no domain; each has a text in every language.
pub const CODES: [&str; 17] = [
    "invalid",
    "malformed",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "unsupported_media_type",
    "too_large",
    "stale",
    "rate_limited",
    "unavailable",
    "busy",
    "unknown",
    "storage_full",
    "internal",
    "idempotency_key_invalid",
    "idempotency_running",
];

/// Codes of wrong fields that any domain may give; each has a text under `field.<code>`.
pub const FIELD_CODES: [&str; 8] =
    ["required", "too_short", "too_long", "too_many", "too_many_pixels", "out_of_range", "invalid", "unknown"];

/// Sorts of problems; each has a text under `title.<sort>`.
pub const TITLES: [&str; 14] = [
    "malformed",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "conflict",
    "stale",
    "too_large",
    "unsupported_media_type",
    "invalid",
    "too_many",
    "unavailable",
    "storage_full",
    "internal",
];
