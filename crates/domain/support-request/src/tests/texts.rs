//! Every code has its text in every language.

use crate::{SupportRequestError, TEXTS};

#[test]
fn every_code_has_a_text_in_both_languages_and_no_text_is_left_over() {
    for file in [TEXTS.fr, TEXTS.en] {
        let messages: Vec<_> =
            file.lines().filter(|line| !line.is_empty()).map(|line| line.split_once(" = ").expect(line)).collect();
        let ids: Vec<_> = messages.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, SupportRequestError::CODES.map(|code| code.replace('.', "-")));
        assert!(messages.iter().all(|(_, text)| !text.trim().is_empty() && !text.contains(['!', '{'])));
    }
}
