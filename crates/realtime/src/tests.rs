//! The contract, over sessions, the hub and a log in memory.

mod around;
mod behaviour;
mod bounds;
mod making_good;
mod nodes;
mod order;
pub(crate) mod people;
pub(crate) mod presence;
mod simulation;
mod socket_io;
mod strangers;
mod time;
mod views;
pub(crate) mod world;

#[test]
fn each_code_has_a_text_in_both_languages() {
    for code in crate::CODES {
        let line = format!("{} = ", code.replace('.', "-"));
        for catalogue in [crate::TEXTS.fr, crate::TEXTS.en] {
            assert!(catalogue.lines().any(|it| it.starts_with(&line) && it.len() > line.len()), "{code}");
        }
    }
}
