//! What [`Conversations`](crate::Conversations) must do.

use kernel::{ConversationId, PageRequest, ParticipantId, Scope};

use super::Scene;
use crate::{
    Conversation, ConversationFilter, ConversationStatus, Mark, Marked, ReadMark, Receipt, SenderKind, Seq,
    testing::{Harness, Setup, Thread, ThreadState, side_by_side},
};

pub(super) fn mark(
    h: &impl Harness,
    thread: &Thread,
    who: ParticipantId,
    kind: SenderKind,
    delivered: u64,
    read: u64,
) -> Mark {
    Mark {
        organization: thread.organization,
        conversation: thread.id,
        participant: who,
        kind,
        name: "Dominique Leroy".to_owned(),
        delivered: Seq::new(delivered),
        read: Seq::new(read),
        at: h.env().now(),
    }
}

impl Scene {
    /// The customer received and read up to these places.
    async fn customer_marks(&self, h: &impl Harness, delivered: u64, read: u64) -> Option<Receipt> {
        let mark = mark(h, &self.thread, self.customer, SenderKind::Customer, delivered, read);
        moved(h.conversations().mark(Scope::Requester(self.customer), mark).await.unwrap())
    }

    async fn agent_reads(&self, h: &impl Harness, read: u64) -> Option<Receipt> {
        let mark = mark(h, &self.thread, self.agent.into(), SenderKind::Agent, 0, read);
        moved(h.conversations().mark(Scope::Agent(self.agent), mark).await.unwrap())
    }

    async fn seen_by(&self, h: &impl Harness, viewer: ParticipantId) -> Conversation {
        let found = h.conversations().find(self.organization, Scope::All, viewer, self.thread.id).await;
        found.unwrap().unwrap()
    }

    async fn mark_of(&self, h: &impl Harness, who: ParticipantId) -> ReadMark {
        let conversation = self.seen_by(h, who).await;
        conversation.participants.iter().find(|one| one.id == who).unwrap().mark
    }
}

/// The receipt of a mark in a conversation that is there.
fn moved(marked: Marked) -> Option<Receipt> {
    match marked {
        Marked::Moved(receipt) => Some(receipt),
        Marked::Stands => None,
        Marked::NotFound => panic!("the conversation was not found"),
    }
}

fn places(receipt: Option<Receipt>) -> Option<(u64, u64)> {
    receipt.map(|receipt| (receipt.mark.delivered_seq.get(), receipt.mark.read_seq.get()))
}

/// A mark that comes late says nothing new.
pub async fn marks_only_move_forward(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=5 {
        scene.answered(h, &format!("n{n}")).await;
    }
    assert_eq!(places(scene.customer_marks(h, 3, 0).await), Some((3, 0)));
    assert_eq!(places(scene.customer_marks(h, 3, 2).await), Some((3, 2)));
    let read_at = scene.mark_of(h, scene.customer).await.read_at;
    assert!(read_at.is_some());
    assert_eq!(scene.customer_marks(h, 2, 0).await, None);
    assert_eq!(scene.customer_marks(h, 3, 2).await, None);
    assert_eq!(scene.customer_marks(h, 1, 1).await, None);
    assert_eq!(places(scene.customer_marks(h, 4, 1).await), Some((4, 2)), "one moves, the other stays");
    assert_eq!(scene.mark_of(h, scene.customer).await.read_at, read_at, "only reading moves its time");
    let moved = scene.customer_marks(h, 5, 5).await.unwrap();
    let mark = scene.mark_of(h, scene.customer).await;
    let wanted = Receipt {
        organization: scene.organization,
        conversation: scene.thread.id,
        support_request: scene.thread.support_request,
        participant: scene.customer,
        kind: SenderKind::Customer,
        mark,
    };
    assert_eq!(moved, wanted, "a receipt says what is stored");
    assert_eq!((mark.delivered_seq, mark.read_seq), (Seq::new(5), Seq::new(5)));
}

/// Nobody has read what was not written yet.
pub async fn marks_end_at_the_head(h: &impl Harness) {
    let scene = Scene::new(h).await;
    assert_eq!(scene.customer_marks(h, 9, 9).await, None, "there is nothing to read");
    scene.answered(h, "a").await;
    scene.answered(h, "b").await;
    assert_eq!(places(scene.customer_marks(h, 9, 1).await), Some((2, 1)));
    assert_eq!(places(scene.customer_marks(h, 0, 9).await), Some((2, 2)));
    scene.answered(h, "c").await;
    assert_eq!(scene.seen_by(h, scene.customer).await.unread_count, 1);
}

/// What was read was received.
pub async fn reading_also_delivers(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.answered(h, "a").await;
    scene.answered(h, "b").await;
    assert_eq!(places(scene.customer_marks(h, 0, 2).await), Some((2, 2)));
}

/// So that the customer sees that somebody has.
pub async fn staff_who_read_take_part(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "a").await;
    assert_eq!(places(scene.agent_reads(h, 1).await), Some((1, 1)));
    let agent: ParticipantId = scene.agent.into();
    let conversation = scene.seen_by(h, scene.customer).await;
    let one = conversation.participants.iter().find(|one| one.id == agent).unwrap();
    assert_eq!((one.kind, one.name.as_str()), (SenderKind::Agent, "Dominique Leroy"));
    assert_eq!(one.mark.read_seq, Seq::new(1));
    let twice = conversation.participants.iter().filter(|one| one.id == agent).count();
    assert_eq!((twice, scene.agent_reads(h, 1).await), (1, None));
}

/// In one reading, and no other organisation's.
pub async fn audiences_are_those_of_each_and_leave_out_what_is_unknown(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let other = scene.another(h, ThreadState::default()).await;
    let colleague = h.agent(scene.organization).await;
    h.set(&scene.thread, ThreadState { assignee: Some(colleague), ..ThreadState::default() }).await;
    scene.asked(h, "a").await;
    let (conversations, organization, abroad) = (h.conversations(), scene.organization, Scene::new(h).await);
    let asked = [scene.thread.id, ConversationId::new(h.env().uuid()), other.id, abroad.thread.id];
    let mut read = conversations.audiences(organization, &asked).await.unwrap();
    let mut each = Vec::new();
    for id in [scene.thread.id, other.id] {
        each.push((id, conversations.audience(organization, id).await.unwrap().unwrap()));
    }
    assert_eq!(each[0].1.assignee, Some(colleague));
    read.sort_by_key(|(id, _)| *id);
    each.sort_by_key(|(id, _)| *id);
    assert_eq!(read, each);
    assert_eq!(conversations.audiences(organization, &[]).await.unwrap(), []);
}

/// Whoever once read an unassigned request sees it no more when it is somebody else's.
pub async fn reading_makes_no_member(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let reader = h.agent(scene.organization).await;
    h.set(&scene.thread, ThreadState::default()).await;
    scene.asked(h, "a").await;
    let read = mark(h, &scene.thread, reader.into(), SenderKind::Agent, 0, 1);
    let read = h.conversations().mark(Scope::Agent(reader), read).await.unwrap();
    assert_eq!(places(moved(read)), Some((1, 1)));
    h.set(&scene.thread, ThreadState { assignee: Some(scene.agent), ..ThreadState::default() }).await;
    let conversations = h.conversations();
    let audience = conversations.audience(scene.organization, scene.thread.id).await.unwrap().unwrap();
    assert_eq!(audience.members, []);
    let scope = Scope::Agent(reader);
    let found = conversations.find(scene.organization, scope, reader.into(), scene.thread.id).await.unwrap();
    assert_eq!(found, None);
    let right = crate::Right::Agent(reader);
    let says = super::append(h, &scene.thread, super::author(reader.into(), SenderKind::Agent, right), "b", "b");
    super::assert_not_found(&h.log().append(says).await);
}

/// Whatever order they are stored in.
pub async fn marks_of_many_at_once_end_at_the_furthest(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=20 {
        scene.asked(h, &format!("n{n}")).await;
    }
    // Descending, so that a store that takes the last one is found out; the agent is new to the thread.
    side_by_side((1..=20).rev().map(|n| scene.agent_reads(h, n))).await;
    let mark = scene.mark_of(h, scene.agent.into()).await;
    assert_eq!((mark.delivered_seq, mark.read_seq), (Seq::new(20), Seq::new(20)));
}

/// Whoever else marks at the same moment, in the same thread or in another, seen or not.
pub async fn marks_that_wait_together_are_each_answered(h: &impl Harness) {
    let scene = Scene::new(h).await;
    for n in 1..=3 {
        scene.answered(h, &format!("n{n}")).await;
    }
    let other = Scene::new(h).await;
    other.answered(h, "a").await;
    let of = |scene: &Scene, who: ParticipantId, kind, read| mark(h, &scene.thread, who, kind, 0, read);
    let conversations = h.conversations();
    let calls = (0..24_u64).map(|n| {
        let (scope, mark) = match n % 4 {
            // The same participant three times over, and a fourth who may not look.
            0 => (Scope::Requester(scene.customer), of(&scene, scene.customer, SenderKind::Customer, n / 8 + 1)),
            1 => (Scope::Agent(scene.agent), of(&scene, scene.agent.into(), SenderKind::Agent, 3)),
            2 => (Scope::All, of(&other, other.customer, SenderKind::Customer, 1)),
            _ => (Scope::Agent(other.agent), of(&scene, other.agent.into(), SenderKind::Agent, 3)),
        };
        let conversations = conversations.clone();
        async move { conversations.mark(scope, mark).await.unwrap() }
    });
    let answers = side_by_side(calls).await;
    for (n, wanted) in [(0, (scene.customer, 3)), (1, (scene.agent.into(), 3)), (2, (other.customer, 1))] {
        let receipts: Vec<_> = answers.iter().skip(n).step_by(4).cloned().filter_map(moved).collect();
        let furthest = receipts.iter().map(|receipt| (receipt.participant, receipt.mark.read_seq.get())).max();
        assert_eq!(furthest, Some(wanted), "at least one is told where it ended: {receipts:?}");
    }
    assert!(answers.iter().skip(3).step_by(4).all(|answer| *answer == Marked::NotFound), "{answers:?}");
    assert_eq!(scene.mark_of(h, scene.customer).await.read_seq, Seq::new(3));
    assert_eq!(other.mark_of(h, other.customer).await.read_seq, Seq::new(1));
    let stranger: ParticipantId = other.agent.into();
    assert!(!scene.seen_by(h, scene.customer).await.participants.iter().any(|one| one.id == stranger));
}

/// The one rule for all: [`Scope::covers`], for whoever takes part already and for whoever would.
pub async fn a_mark_is_within_the_scope(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (member, colleague) = (h.agent(scene.organization).await, h.agent(scene.organization).await);
    let stranger = h.customer(scene.organization).await;
    for assignee in [None, Some(scene.agent)] {
        let thread = h
            .thread(Setup {
                organization: scene.organization,
                requester: scene.customer,
                members: vec![member],
                state: ThreadState { assignee, ..ThreadState::default() },
            })
            .await;
        let audience = h.conversations().audience(scene.organization, thread.id).await.unwrap().unwrap();
        let another = scene.thread.support_request;
        let scene = Scene { thread, organization: scene.organization, customer: scene.customer, agent: scene.agent };
        let cases = [
            (Scope::All, colleague.into(), SenderKind::Agent),
            (Scope::Agent(colleague), colleague.into(), SenderKind::Agent),
            (Scope::Agent(member), member.into(), SenderKind::Agent),
            (Scope::Requester(thread.requester), thread.requester, SenderKind::Customer),
            (Scope::Requester(stranger), thread.requester, SenderKind::Customer),
            (Scope::One(thread.support_request, thread.requester), thread.requester, SenderKind::Customer),
            (Scope::One(thread.support_request, stranger), thread.requester, SenderKind::Customer),
            (Scope::One(another, thread.requester), thread.requester, SenderKind::Customer),
        ];
        for (n, (scope, who, kind)) in (1..).zip(cases) {
            scene.asked(h, &format!("n{n}")).await;
            let marked = h.conversations().mark(scope, mark(h, &thread, who, kind, n, n)).await.unwrap();
            if scope.covers(&audience) {
                assert_eq!(places(moved(marked)), Some((n, n)), "{scope:?}, {assignee:?}");
            } else {
                assert_eq!(marked, Marked::NotFound, "{scope:?}, {assignee:?}");
                let seen = scene.seen_by(h, thread.requester).await;
                let mark = seen.participants.iter().find(|one| one.id == who).map(|one| one.mark.read_seq.get());
                assert!(mark.is_none_or(|read| read < n), "nothing moved: {scope:?}, {assignee:?}");
            }
        }
    }
}

/// For each viewer what others wrote after their mark; for staff together, what the customer wrote.
pub async fn unread_counts_what_others_wrote(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.asked(h, "a").await;
    scene.asked(h, "b").await;
    scene.answered(h, "c").await;
    let agent: ParticipantId = scene.agent.into();
    let counts = async |viewer| {
        let seen = scene.seen_by(h, viewer).await;
        (seen.unread_count, seen.unread_staff)
    };
    assert_eq!(counts(scene.customer).await, (1, 2));
    assert_eq!(counts(agent).await, (2, 2));
    scene.agent_reads(h, 1).await;
    assert_eq!(counts(agent).await, (1, 1));
    let colleague = h.agent(scene.organization).await;
    assert_eq!(counts(colleague.into()).await, (3, 1), "their own is all of it, the shared one is what is left");
    scene.customer_marks(h, 3, 3).await;
    assert_eq!(counts(scene.customer).await, (0, 1));
}

/// What lists and frames need to know of it.
pub async fn a_conversation_shows_its_state(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let fresh = scene.seen_by(h, scene.customer).await;
    assert_eq!((fresh.id, fresh.organization), (scene.thread.id, scene.organization));
    assert_eq!((fresh.status, fresh.closed), (ConversationStatus::Active, false));
    assert_eq!((fresh.last_seq, fresh.last_message_at, fresh.last_message), (Seq::START, None, None));
    assert_eq!(fresh.audience.support_request, scene.thread.support_request);
    assert_eq!((fresh.audience.requester, fresh.audience.assignee), (scene.customer, Some(scene.agent)));
    assert_eq!(Some(fresh.epoch), h.conversations().epoch(scene.organization).await.unwrap());
    let requester = fresh.participants.iter().find(|one| one.id == scene.customer).unwrap();
    assert_eq!((requester.kind, requester.mark), (SenderKind::Customer, ReadMark::default()));

    scene.asked(h, "a").await;
    let last = scene.answered(h, "b").await;
    h.set(&scene.thread, ThreadState { resolved: true, ..ThreadState::default() }).await;
    let later = scene.seen_by(h, scene.customer).await;
    assert_eq!((later.status, later.closed), (ConversationStatus::Resolved, false));
    assert_eq!((later.last_seq, later.last_message_at), (last.seq, Some(last.created_at)));
    assert_eq!(later.last_message.unwrap().id, last.message_id);
    assert_eq!(later.audience.assignee, None);
    h.set(&scene.thread, ThreadState { resolved: true, closed: true, ..ThreadState::default() }).await;
    let closed = scene.seen_by(h, scene.customer).await;
    assert_eq!((closed.status, closed.closed), (ConversationStatus::Resolved, true));
}

/// The one rule for all: [`Scope::covers`].
pub async fn a_scope_decides_who_finds_a_conversation(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let (member, colleague) = (h.agent(scene.organization).await, h.agent(scene.organization).await);
    let stranger = h.customer(scene.organization).await;
    let setup = |assignee| Setup {
        organization: scene.organization,
        requester: scene.customer,
        members: vec![member],
        state: ThreadState { assignee, ..ThreadState::default() },
    };
    for assignee in [None, Some(scene.agent)] {
        let thread = h.thread(setup(assignee)).await;
        let audience = h.conversations().audience(scene.organization, thread.id).await.unwrap().unwrap();
        assert_eq!(audience.members, [ParticipantId::from(member)]);
        let scopes = [
            Scope::All,
            Scope::Agent(scene.agent),
            Scope::Agent(member),
            Scope::Agent(colleague),
            Scope::Requester(scene.customer),
            Scope::Requester(stranger),
            Scope::One(thread.support_request, scene.customer),
            Scope::One(thread.support_request, stranger),
            Scope::One(scene.thread.support_request, scene.customer),
        ];
        for scope in scopes {
            let (of, viewer) = (scene.organization, scene.customer);
            let wanted = scope.covers(&audience).then_some(thread.id);
            let found = h.conversations().find(of, scope, viewer, thread.id).await.unwrap();
            assert_eq!(found.map(|one| one.id), wanted, "{scope:?}, {assignee:?}");
            let found = h.conversations().of_request(of, scope, viewer, thread.support_request).await.unwrap();
            assert_eq!(found.map(|one| one.id), wanted, "{scope:?}, {assignee:?}");
            let list = listed(h, &scene, scope, viewer, &ConversationFilter::default()).await;
            assert_eq!(list.contains(&thread.id), wanted.is_some(), "{scope:?}, {assignee:?}");
        }
    }
}

async fn listed(
    h: &impl Harness,
    scene: &Scene,
    scope: Scope,
    viewer: ParticipantId,
    filter: &ConversationFilter,
) -> Vec<ConversationId> {
    let page = PageRequest::parse(None, Some(100)).unwrap();
    let page = h.conversations().list(scene.organization, scope, viewer, filter, page).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.into_iter().map(|one| one.id).collect()
}

/// By their last message; a stranger's list is empty.
pub async fn lists_are_within_the_scope_and_newest_first(h: &impl Harness) {
    let mut scene = Scene::new(h).await;
    let first = scene.thread;
    let second = scene.another(h, ThreadState::default()).await;
    for (thread, name) in [(first, "a"), (second, "b"), (first, "c")] {
        scene.thread = thread;
        scene.asked(h, name).await;
        h.time_goes_by().await;
    }
    let none = ConversationFilter::default();
    let own = listed(h, &scene, Scope::Requester(scene.customer), scene.customer, &none).await;
    assert_eq!(own, [first.id, second.id]);
    let stranger = h.customer(scene.organization).await;
    assert_eq!(listed(h, &scene, Scope::Requester(stranger), stranger, &none).await, []);
    scene.thread = second;
    scene.asked(h, "d").await;
    let own = listed(h, &scene, Scope::Requester(scene.customer), scene.customer, &none).await;
    assert_eq!(own, [second.id, first.id]);
}

/// By state, by who answers, by who asks, by what is unread.
pub async fn lists_are_filtered_and_paged(h: &impl Harness) {
    let scene = Scene::new(h).await;
    let resolved = scene.another(h, ThreadState { resolved: true, ..ThreadState::default() }).await;
    let other = h.customer(scene.organization).await;
    let others = h
        .thread(Setup {
            organization: scene.organization,
            requester: other,
            members: Vec::new(),
            state: ThreadState::default(),
        })
        .await;
    scene.asked(h, "a").await;
    let agent: ParticipantId = scene.agent.into();
    let list = async |filter| {
        let mut ids = listed(h, &scene, Scope::All, agent, &filter).await;
        ids.sort();
        ids
    };
    let sorted = |threads: &[Thread]| {
        let mut ids: Vec<_> = threads.iter().map(|thread| thread.id).collect();
        ids.sort();
        ids
    };
    let any = ConversationFilter::default;
    assert_eq!(list(any()).await, sorted(&[scene.thread, resolved, others]));
    let active = ConversationFilter { status: Some(ConversationStatus::Active), ..any() };
    assert_eq!(list(active).await, sorted(&[scene.thread, others]));
    let settled = ConversationFilter { status: Some(ConversationStatus::Resolved), ..any() };
    assert_eq!(list(settled).await, sorted(&[resolved]));
    let archived = ConversationFilter { status: Some(ConversationStatus::Archived), ..any() };
    assert_eq!(list(archived).await, []);
    let mine = ConversationFilter { assignee: Some(Some(scene.agent)), ..any() };
    assert_eq!(list(mine).await, sorted(&[scene.thread]));
    let nobodys = ConversationFilter { assignee: Some(None), ..any() };
    assert_eq!(list(nobodys).await, sorted(&[resolved, others]));
    let theirs = ConversationFilter { requester: Some(other), ..any() };
    assert_eq!(list(theirs).await, sorted(&[others]));
    let unread = ConversationFilter { unread: true, ..any() };
    assert_eq!(list(unread.clone()).await, sorted(&[scene.thread]));
    scene.agent_reads(h, 1).await;
    assert_eq!(list(unread).await, []);
    let part_of = |who| ConversationFilter { party: Some(who), ..any() };
    assert_eq!(list(part_of(other)).await, sorted(&[others]), "who opened it");
    let assigned = h.agent(scene.organization).await;
    h.set(&resolved, ThreadState { assignee: Some(assigned), resolved: true, ..ThreadState::default() }).await;
    assert_eq!(list(part_of(assigned.into())).await, sorted(&[resolved]), "who is assigned");
    h.set(&resolved, ThreadState { resolved: true, ..ThreadState::default() }).await;
    assert_eq!(list(part_of(assigned.into())).await, [], "not any more");
    h.set(&scene.thread, ThreadState::default()).await;
    assert_eq!(list(part_of(agent)).await, sorted(&[scene.thread]), "who has read takes part");

    let mut paged = Vec::new();
    for page in 1..=4 {
        let request = PageRequest::parse(Some(page), Some(1)).unwrap();
        let page = h.conversations().list(scene.organization, Scope::All, agent, &any(), request).await.unwrap();
        assert_eq!(page.total, 3);
        paged.extend(page.items.into_iter().map(|one| one.id));
    }
    paged.sort();
    assert_eq!(paged, sorted(&[scene.thread, resolved, others]), "each on one page");
}

/// Every query takes the organisation by construction.
pub async fn no_conversation_is_found_across_organizations(h: &impl Harness) {
    let scene = Scene::new(h).await;
    scene.answered(h, "a").await;
    let abroad = h.organization().await;
    let (id, request, viewer) = (scene.thread.id, scene.thread.support_request, scene.customer);
    let conversations = h.conversations();
    assert_eq!(conversations.audience(abroad, id).await.unwrap(), None);
    assert_eq!(conversations.find(abroad, Scope::All, viewer, id).await.unwrap(), None);
    assert_eq!(conversations.of_request(abroad, Scope::All, viewer, request).await.unwrap(), None);
    let page = PageRequest::default();
    let list = conversations.list(abroad, Scope::All, viewer, &ConversationFilter::default(), page).await.unwrap();
    assert_eq!(list.total, 0);
    let mut foreign = mark(h, &scene.thread, viewer, SenderKind::Customer, 1, 1);
    foreign.organization = abroad;
    assert_eq!(conversations.mark(Scope::All, foreign).await.unwrap(), Marked::NotFound);
    assert_eq!(scene.mark_of(h, scene.customer).await, ReadMark::default());
}

/// One history an organisation, the same at every look.
pub async fn every_organization_has_its_own_epoch(h: &impl Harness) {
    let (one, two) = (h.organization().await, h.organization().await);
    let conversations = h.conversations();
    let epoch = conversations.epoch(one).await.unwrap().unwrap();
    assert_eq!(conversations.epoch(one).await.unwrap(), Some(epoch));
    assert_ne!(conversations.epoch(two).await.unwrap(), Some(epoch));
    let unknown = kernel::OrganizationId::new(h.env().uuid());
    assert_eq!(conversations.epoch(unknown).await.unwrap(), None);
}
