//! Every code has its text in every language.

use crate::{ChatError, TEXTS};

/// The ids and texts of a file whose messages take one line each.
fn messages(file: &str) -> Vec<(&str, &str)> {
    file.lines().filter(|line| !line.is_empty()).map(|line| line.split_once(" = ").expect(line)).collect()
}

#[test]
fn every_code_has_a_text_in_both_languages_and_no_text_is_left_over() {
    for file in [TEXTS.fr, TEXTS.en] {
        let ids: Vec<_> = messages(file).iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, ChatError::CODES.map(|code| code.replace('.', "-")));
        assert!(messages(file).iter().all(|(_, text)| !text.trim().is_empty() && !text.contains('!')));
    }
}

/// The values that a text names.
fn named(text: &str) -> Vec<String> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(|name| name.trim().to_owned()).collect()
}

#[test]
fn both_languages_name_the_same_values() {
    let values = |file| messages(file).iter().flat_map(|(_, text)| named(text)).collect::<Vec<_>>();
    assert_eq!(values(TEXTS.fr), values(TEXTS.en));
    assert_eq!(values(TEXTS.fr), ["$limit_mib", "$into"]);
}
