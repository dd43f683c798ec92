//! Every code that a caller may be told has a text in every language.

use kernel::{Language, TextCatalogue, Texts};
use texts_fluent::FluentTexts;

const CATALOGUES: [TextCatalogue; 6] =
    [wire::TEXTS, realtime::TEXTS, identity::TEXTS, support_request::TEXTS, chat::TEXTS, privacy::TEXTS];

fn every_code() -> Vec<String> {
    let codes = [
        wire::CODES.as_slice(),
        &realtime::CODES,
        &identity::IdentityError::CODES,
        &support_request::SupportRequestError::CODES,
        &chat::ChatError::CODES,
        &privacy::PrivacyError::CODES,
        &["default_subject"],
    ];
    let fields = [wire::FIELD_CODES.as_slice(), &identity::InvalidValue::CODES];
    let codes = codes.concat().into_iter().map(ToOwned::to_owned);
    let fields = fields.concat().into_iter().map(|code| format!("field.{code}"));
    codes.chain(fields).chain(wire::TITLES.iter().map(|sort| format!("title.{sort}"))).collect()
}

#[test]
fn every_code_has_a_text_in_every_language() {
    let texts = FluentTexts::new(&CATALOGUES).unwrap();
    let arguments =
        ["into", "limit_kib", "limit_mib", "action", "status", "version"].map(|name| (name, "7".to_owned()));
    for code in every_code() {
        let [fr, en] = Language::ALL.map(|language| texts.text(language, &code, &arguments));
        let (Some(fr), Some(en)) = (fr, en) else { panic!("{code} lacks a text") };
        assert_ne!(fr, en, "{code}");
        for text in [fr, en] {
            assert!(!text.contains('!') && !text.contains('{') && !text.is_empty(), "{code}: {text}");
            assert!(text.chars().count() <= 200, "{code}: {text}");
        }
    }
}

#[test]
fn the_catalogues_of_all_crates_fit_together() {
    assert!(FluentTexts::new(&CATALOGUES).is_ok(), "{:?}", FluentTexts::new(&CATALOGUES).err());
}
