//! Every code has its text in every language.

use crate::{AgentHelpError, SupportRequestError, TEXTS};

#[test]
fn every_code_has_a_text_in_both_languages_and_no_text_is_left_over() {
    for file in [TEXTS.fr, TEXTS.en] {
        let messages: Vec<_> =
            file.lines().filter(|line| !line.is_empty()).map(|line| line.split_once(" = ").expect(line)).collect();
        let ids: Vec<_> = messages.iter().map(|(id, _)| *id).collect();
        let codes = SupportRequestError::CODES.iter().chain(&AgentHelpError::CODES);
        assert_eq!(ids, codes.map(|code| code.replace('.', "-")).collect::<Vec<_>>());
        assert!(messages.iter().all(|(_, text)| !text.trim().is_empty() && !text.contains(['!', '{'])));
    }
}
