//! What was committed elsewhere, told to the connections of this node. All of it is a hint: the log and
//! the lists are the truth, and whoever misses something reads it there.

use std::sync::Arc;

use chat::{Committed, Hints, MessageStatus, Receipt, ReceiptFeed, Seq};
use kernel::{Audience, ConversationId, OrganizationId};
use support_request::{NoteChange, RequestChange, RequestFeed};
use wire::Eyes;

use super::Hub;
use crate::{Conn, ServerFrame, Shared, bus::Said};

impl Hub {
    /// Entries that have just been committed, here or on another node.
    pub fn publish(&self, entries: &[Committed]) {
        for committed in entries {
            self.publish_one(committed);
        }
    }

    fn publish_one(&self, committed: &Committed) {
        let (mut conns, origin) = {
            let index = self.index();
            let origin = committed.origin.and_then(|origin| index.connection(origin));
            let mut conns = index.followers((committed.organization, committed.conversation));
            index.add_parties(&mut conns, &committed.audience, Some(committed.entry.message.sender.id));
            (conns, origin)
        };
        // Who sent it hears of it even without following the conversation.
        if let Some(origin) = origin
            && !conns.iter().any(|conn| conn.id() == origin.id())
        {
            conns.push(origin);
        }
        let frame = |to_sender| {
            move || ServerFrame::entry(committed.conversation, &committed.entry, MessageStatus::Sent, to_sender)
        };
        let (to_sender, to_others) = (Shared::new(frame(true)), Shared::new(frame(false)));
        for conn in conns {
            let protocol = conn.protocol();
            let told = |own: bool| if own { to_sender.told(protocol) } else { to_others.told(protocol) };
            self.step(&conn, |session, context| session.committed(committed, &told, context));
        }
        self.takes_part((committed.organization, committed.conversation), committed.entry.message.sender.id);
    }

    pub(super) fn tell_receipt(&self, receipt: &Receipt) {
        let (mut conns, own) = {
            let index = self.index();
            (index.followers((receipt.organization, receipt.conversation)), index.person(receipt.participant))
        };
        conns.extend(own);
        let mut told: Vec<Arc<Conn>> = Vec::with_capacity(conns.len());
        let frame = Shared::new(|| ServerFrame::receipt(receipt));
        for conn in conns {
            if told.iter().any(|other| other.id() == conn.id()) {
                continue;
            }
            self.step(&conn, |session, context| {
                let told = || frame.told(conn.protocol());
                session.receipt(receipt, told, context)
            });
            told.push(conn);
        }
        self.takes_part((receipt.organization, receipt.conversation), receipt.participant);
        self.may_have_joined(receipt);
    }

    /// A request that changed, here or on another node.
    pub fn tell_change(&self, change: &RequestChange) {
        let (staff, requester) = {
            let index = self.index();
            (index.staff(change.organization), index.person(change.audience.requester))
        };
        let lists = Lists::of(change);
        for conn in &staff {
            self.tell_lists(conn, change, &lists, Eyes::Staff);
            if let Some(before) = &change.before {
                conn.step(&self.limits, |session| session.unlisted(before, &change.audience));
            }
        }
        let is_theirs = change.is_for_customer();
        let own = requester.iter().filter(|conn| is_theirs && !staff.iter().any(|other| other.id() == conn.id()));
        for conn in own {
            self.tell_lists(conn, change, &lists, Eyes::Requester);
        }
        let mut parties = Vec::new();
        self.index().add_parties(&mut parties, &change.audience, None);
        // Of a request that was just opened, the first message is told too.
        let first = (change.event == "created").then(|| Seq::START.next());
        for conn in &parties {
            self.step(conn, |session, context| {
                session.is_party(change.view.request.conversation, &change.audience, first, context)
            });
        }
        let is_there = change.view.request.deleted_at.is_none();
        self.tell_sight(change.organization, change.view.request.conversation, &change.audience, is_there);
    }

    /// An internal note that was written, edited or deleted, here or on another node: to staff who see its request, and
    /// to nobody else.
    pub fn tell_note(&self, change: &NoteChange) {
        let staff = self.index().staff(change.organization);
        let frame = Shared::new(|| ServerFrame::Note {
            support_request_id: change.note.support_request,
            note: Box::new(wire::Note::of(&change.note)),
        });
        let context = self.context();
        for conn in &staff {
            conn.step(&self.limits, |session| {
                session.noted(&change.audience, || frame.told(conn.protocol()), &context);
            });
        }
    }

    /// Who may see these conversations now, as the store has it: whoever may not any more follows and looks at them
    /// no longer. For when changes of other nodes are not heard, to be called every 2 s with what is read of
    /// [`Self::watched_by_agents`].
    pub fn sights(&self, organization: OrganizationId, sights: &[(ConversationId, Audience)]) {
        for (conversation, audience) in sights {
            self.tell_sight(organization, *conversation, audience, true);
        }
    }

    /// What is deleted is there for nobody.
    fn tell_sight(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        audience: &Audience,
        is_there: bool,
    ) {
        let (followers, viewers) = {
            let index = self.index();
            let desk = (organization, audience.support_request);
            (index.followers((organization, conversation)), index.looks.conns(desk))
        };
        for conn in &followers {
            self.step(conn, |session, _| {
                let mut effects = Vec::new();
                if !is_there || !session.covers(audience) {
                    session.lose_sight(conversation, &mut effects);
                }
                effects
            });
        }
        for conn in &viewers {
            self.step(conn, |session, _| {
                let mut effects = Vec::new();
                session.lose_view(audience, is_there, &mut effects);
                effects
            });
        }
    }

    fn tell_lists(&self, conn: &Arc<Conn>, change: &RequestChange, lists: &Lists<'_>, eyes: Eyes) {
        let context = self.context();
        conn.step(&self.limits, |session| {
            for frame in lists.frames(eyes) {
                session.listed(&change.audience, || frame.told(conn.protocol()), &context);
            }
        });
    }
}

type Frame<'a> = Shared<Box<dyn Fn() -> ServerFrame + 'a>>;

/// The frames of one change, for both kinds of eyes; each is written at most once.
struct Lists<'a> {
    staff: Vec<Frame<'a>>,
    requester: Vec<Frame<'a>>,
}

impl<'a> Lists<'a> {
    fn of(change: &'a RequestChange) -> Self {
        Self { staff: Self::for_eyes(change, Eyes::Staff), requester: Self::for_eyes(change, Eyes::Requester) }
    }

    fn for_eyes(change: &'a RequestChange, eyes: Eyes) -> Vec<Frame<'a>> {
        let request: Box<dyn Fn() -> ServerFrame + 'a> = Box::new(move || ServerFrame::SupportRequest {
            event: change.event.clone().into_owned(),
            support_request: Box::new(wire::SupportRequest::told(&change.view, eyes)),
        });
        let mut frames = vec![Shared::new(request)];
        let shown = change.timeline.iter().filter(|entry| eyes == Eyes::Staff || entry.is_for_customer());
        frames.extend(shown.map(|entry| {
            let entry: Box<dyn Fn() -> ServerFrame + 'a> = Box::new(move || ServerFrame::Timeline {
                support_request_id: change.view.request.id,
                entry: Box::new(wire::TimelineEntry::of(entry, eyes)),
            });
            Shared::new(entry)
        }));
        frames
    }

    fn frames(&self, eyes: Eyes) -> &[Frame<'a>] {
        match eyes {
            Eyes::Staff => &self.staff,
            Eyes::Requester => &self.requester,
        }
    }
}

impl Hints for Hub {
    fn committed(&self, entries: &[Committed]) {
        self.publish(entries);
        for committed in entries {
            self.say(|| Said::Entry(Box::new(committed.clone())));
        }
    }
}

impl ReceiptFeed for Hub {
    fn moved(&self, receipt: &Receipt) {
        self.tell_receipt(receipt);
        self.say(|| Said::Receipt(receipt.clone()));
    }
}

impl RequestFeed for Hub {
    fn changed(&self, change: &RequestChange) {
        self.tell_change(change);
        self.say(|| Said::Request(Box::new(change.clone())));
    }

    fn noted(&self, change: &NoteChange) {
        self.tell_note(change);
        self.say(|| Said::Note(Box::new(change.clone())));
    }
}
