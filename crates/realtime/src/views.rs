//! What a member of staff looks at: of each request one state, proven before it is shown to others.

use kernel::{SupportRequestId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Limits, Told};

/// How somebody looks at a request; the greater is the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewState {
    /// Has it open.
    Viewing,
    /// Writes an answer.
    Replying,
}

/// The requests that one connection looks at.
#[derive(Debug, Default)]
pub(crate) struct Views(Vec<View>);

#[derive(Debug)]
struct View {
    request: SupportRequestId,
    /// What the others are shown; nothing before it is known that the request is in sight.
    shown: Option<Shown>,
    asked: Option<Asked>,
    /// Who looks at it is to be told once the client reads.
    due: bool,
    /// The frame that the client was told last: a change that another has overtaken is no news.
    told: Option<Told>,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    state: ViewState,
    renewed: Timestamp,
}

/// One question at a time whether the request is in sight; of what the client says meanwhile only the last
/// counts.
#[derive(Debug)]
struct Asked {
    ticket: u64,
    state: ViewState,
    next: Option<ViewState>,
}

/// What becomes of a state that the client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is to be asked whether the request is in sight.
    Ask {
        /// The connection did not look at it before.
        new: bool,
    },
    /// That is being asked already.
    Waits,
    /// It looks at too many.
    TooMany,
}

/// What an answer settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The state that was asked for.
    pub(crate) state: ViewState,
    /// Said since: to be asked next.
    pub(crate) next: Option<ViewState>,
}

/// What time changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faded {
    /// An answer is not being written any more.
    ToViewing(SupportRequestId),
    /// It is not looked at any more.
    Away(SupportRequestId),
}

impl Views {
    /// The client says how it looks at a request; `ticket` names the question, if there is one.
    pub(crate) fn say(&mut self, request: SupportRequestId, state: ViewState, ticket: u64, most: usize) -> Said {
        let asked = Some(Asked { ticket, state, next: None });
        if let Some(view) = self.find(request) {
            match &mut view.asked {
                Some(asked) => {
                    asked.next = Some(state);
                    return Said::Waits;
                }
                none => *none = asked,
            }
            return Said::Ask { new: false };
        }
        if self.0.len() >= most {
            return Said::TooMany;
        }
        self.0.push(View { request, shown: None, asked, due: false, told: None });
        Said::Ask { new: true }
    }

    /// A question has its answer; nothing when the request was left since.
    pub(crate) fn answered(&mut self, request: SupportRequestId, ticket: u64) -> Option<Settled> {
        let asked = self.find(request)?.asked.take_if(|asked| asked.ticket == ticket)?;
        Some(Settled { state: asked.state, next: asked.next })
    }

    /// Others may see it.
    pub(crate) fn show(&mut self, request: SupportRequestId, state: ViewState, now: Timestamp) {
        if let Some(view) = self.find(request) {
            view.shown = Some(Shown { state, renewed: now });
        }
    }

    /// Whether others are shown it.
    pub(crate) fn is_shown(&self, request: SupportRequestId) -> bool {
        self.0.iter().any(|view| view.request == request && view.shown.is_some())
    }

    /// It is not looked at any more; `false` when it was not.
    pub(crate) fn leave(&mut self, request: SupportRequestId) -> bool {
        let before = self.0.len();
        self.0.retain(|view| view.request != request);
        if self.0.is_empty() {
            // An idle connection holds no memory for it.
            self.0 = Vec::new();
        }
        self.0.len() < before
    }

    /// Who looks at it has changed, or is not known to the client yet.
    pub(crate) fn changed(&mut self, request: SupportRequestId) {
        if let Some(view) = self.find(request) {
            view.due = view.shown.is_some();
        }
    }

    /// The frame that told it was left out.
    pub(crate) fn lost(&mut self, request: SupportRequestId) {
        if let Some(view) = self.find(request) {
            view.told = None;
        }
        self.changed(request);
    }

    /// The client is about to be told this; `false` when it is what it was told last.
    pub(crate) fn is_news(&mut self, request: SupportRequestId, frame: &Told) -> bool {
        self.find(request).is_some_and(|view| view.told.replace(frame.clone()).as_ref() != Some(frame))
    }

    /// Whether there is something to tell.
    pub(crate) fn is_due(&self) -> bool {
        self.0.iter().any(|view| view.due)
    }

    /// The requests of which is to be told who looks at them.
    pub(crate) fn take_due(&mut self) -> Vec<SupportRequestId> {
        let due = self.0.iter_mut().filter_map(|view| std::mem::take(&mut view.due).then_some(view.request));
        due.collect()
    }

    /// All requests that are looked at, or may be.
    pub(crate) fn requests(&self) -> impl Iterator<Item = SupportRequestId> {
        self.0.iter().map(|view| view.request)
    }

    /// What the client did not renew fades.
    pub(crate) fn fade(&mut self, now: Timestamp, limits: &Limits) -> Vec<Faded> {
        let mut faded = Vec::new();
        for view in &mut self.0 {
            let Some(shown) = &mut view.shown else { continue };
            let idle = now.since(shown.renewed);
            if idle >= limits.viewing_for {
                faded.push(Faded::Away(view.request));
            } else if shown.state == ViewState::Replying && idle >= limits.replying_for {
                shown.state = ViewState::Viewing;
                faded.push(Faded::ToViewing(view.request));
            }
        }
        faded
    }

    fn find(&mut self, request: SupportRequestId) -> Option<&mut View> {
        self.0.iter_mut().find(|view| view.request == request)
    }
}
