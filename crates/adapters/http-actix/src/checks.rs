//! Gathers what is wrong with a call, so that a caller hears of all of it at once.

use std::{borrow::Cow, str::FromStr};

use kernel::{FieldError, Timestamp};

use crate::failure::{Failure, WrongField};

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<WrongField>);

impl Checks {
    /// The value, or nothing after having noted what is wrong.
    pub(crate) fn take<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|error| self.0.push(error.into())).ok()
    }

    /// Notes that a field is wrong.
    pub(crate) fn wrong(&mut self, field: impl Into<Cow<'static, str>>, code: &'static str) {
        self.0.push(WrongField::new(field, code));
    }

    /// A text parsed by its type, if there is one.
    pub(crate) fn parse<T: FromStr>(
        &mut self,
        field: &'static str,
        code: &'static str,
        text: Option<&str>,
    ) -> Option<T> {
        let parsed = text?.parse();
        parsed.map_err(|_| self.wrong(field, code)).ok()
    }

    /// A list separated by commas, if there is one.
    pub(crate) fn list<T: FromStr>(&mut self, field: &'static str, text: Option<&str>) -> Vec<T> {
        let items = text.map(|text| text.split(',')).into_iter().flatten();
        items.filter_map(|item| self.parse(field, "unknown", Some(item.trim()))).collect()
    }

    /// A moment, if there is one.
    pub(crate) fn moment(&mut self, field: &'static str, text: Option<&str>) -> Option<Timestamp> {
        self.parse(field, "invalid", text)
    }

    /// Refuses a parameter that is part of the interface but cannot be honoured yet: to ignore it
    /// would answer another question.
    pub(crate) fn refuse(&mut self, field: &'static str, given: bool) {
        if given {
            self.wrong(field, "unknown");
        }
    }

    /// The refusal, when anything is wrong.
    pub(crate) fn done(self) -> Result<(), Failure> {
        if self.0.is_empty() { Ok(()) } else { Err(self.failure()) }
    }

    /// The refusal.
    pub(crate) fn failure(self) -> Failure {
        Failure::invalid(self.0)
    }
}
