//! Whether the caller wants to be asked.

use std::sync::Arc;

use kernel::{Availability, Caller, Refusal};

use super::{Context, Session};
use crate::Job;

/// A change on its way to the store: one at a time, and of those that come meanwhile only the last waits.
#[derive(Debug, Default)]
pub(super) struct Saying {
    asked: bool,
    next: Option<Availability>,
}

impl Session {
    /// The client says whether its user wants to be asked; of staff only.
    pub(super) fn say_availability(&mut self, caller: Arc<Caller>, value: Availability, context: &Context<'_>) {
        if !caller.is_staff() {
            return self.refuse(context, None, "forbidden");
        }
        if self.saying.asked {
            self.saying.next = Some(value);
            return;
        }
        self.saying.asked = true;
        self.run(Job::Availability { caller, value });
    }

    /// It is stored, and told by `Hub::stands`; or it was refused.
    pub(super) fn availability_said(&mut self, result: Result<(), Box<dyn Refusal>>, context: &Context<'_>) {
        self.saying.asked = false;
        if let Err(refusal) = result {
            self.refuse_with(context, None, refusal.as_ref());
        }
        if let (Some(value), Some(caller)) = (self.saying.next.take(), self.caller.clone()) {
            self.say_availability(caller, value, context);
        }
    }
}
