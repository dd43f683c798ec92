//! Who is there, and who writes.

use std::sync::Arc;

use kernel::{Availability, Caller, ConversationId, OrganizationId, ParticipantId, SupportRequestId, UserId};

use super::{Hub, index::RoomId};
use crate::{Conn, Effect, Presence, ServerFrame, Shared, Standing, Told, Viewer};

/// A member of staff who is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub caller: Arc<Caller>,
    /// Whether they want to be asked.
    pub availability: Availability,
}

impl Hub {
    /// Staff of an organisation that are there, each once.
    pub fn staff_online(&self, organization: OrganizationId) -> Vec<Colleague> {
        self.index().staff_online(organization)
    }

    /// A member of staff has said, durably, whether they want to be asked; told to those who hear of them, and to
    /// their own connections. What is older than what is known already is dropped.
    pub fn stands(&self, organization: OrganizationId, user: UserId, standing: Standing) {
        let who = user.into();
        let own = {
            let mut index = self.index();
            let moved = index.stands(who, standing);
            if !moved || !index.is_online(who) {
                return;
            }
            index.person(who)
        };
        for conn in own {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.own_availability(|| self.presence_of(who, &conn), &context);
            });
        }
        self.tell_presence(organization, who, true);
    }

    /// What a step means for the others.
    pub(super) fn spread(&self, conn: &Arc<Conn>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Online(caller) => self.came_or_went(&caller, true),
                Effect::TakePart(conversation, people) => {
                    let Some(caller) = self.caller_of(conn) else { continue };
                    {
                        let mut index = self.index();
                        for who in people {
                            index.take_part((caller.organization(), conversation), who);
                            index.join_in((caller.organization(), conversation), who);
                        }
                    }
                    if !caller.is_staff() {
                        self.came(caller.organization(), conversation);
                    }
                }
                Effect::Typing { conversation, is_typing } => self.types(conn, conversation, is_typing),
                Effect::Viewers(request) => {
                    let Some(caller) = self.caller_of(conn) else { continue };
                    self.tell_viewers((caller.organization(), request), conn.id());
                }
                Effect::Known { .. }
                | Effect::Join(_)
                | Effect::Leave(_)
                | Effect::Looks { .. }
                | Effect::LooksAway(_) => {}
            }
        }
    }

    /// Somebody's first connection appeared, or the last one went: told to those who follow a conversation
    /// in which the person takes part, and of staff to all staff.
    pub(super) fn came_or_went(&self, caller: &Caller, online: bool) {
        let who = caller.participant();
        // Somebody who came back, or went again, in the meantime: the later word is told by that step.
        if self.index().is_online(who) == online {
            self.tell_presence(caller.organization(), who, caller.is_staff());
        }
    }

    /// Told to those who follow a conversation in which the person takes part, and of staff to all staff.
    fn tell_presence(&self, organization: OrganizationId, who: ParticipantId, staff: bool) {
        let (neighbours, staff) = {
            let index = self.index();
            (index.neighbours(who), if staff { index.staff(organization) } else { Vec::new() })
        };
        for conn in &staff {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.presence_of_staff(who, || self.presence_of(who, conn), &context);
            });
        }
        for (conn, shared) in neighbours.iter().filter(|(conn, _)| !staff.iter().any(|other| other.id() == conn.id())) {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.presence_in(shared, who, || self.presence_of(who, conn), &context);
            });
        }
    }

    /// How somebody is at this moment. To be made within the step that tells it: of two changes that are told at
    /// once, whichever step comes last then tells the last word.
    fn presence_of(&self, who: ParticipantId, to: &Conn) -> Told {
        let (online, availability) = {
            let index = self.index();
            (index.is_online(who), index.availability(who))
        };
        to.protocol().told(&ServerFrame::Presence { participant_id: who, online, availability })
    }

    /// Somebody takes part in a conversation who was not known to.
    pub(super) fn takes_part(&self, room: RoomId, who: ParticipantId) {
        let followers = {
            let mut index = self.index();
            if !index.take_part(room, who) || !index.is_online(who) {
                return;
            }
            index.followers(room)
        };
        for conn in followers {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.presence_in(&[room.1], who, || self.presence_of(who, &conn), &context);
            });
        }
    }

    fn caller_of(&self, conn: &Arc<Conn>) -> Option<Arc<Caller>> {
        conn.step(&self.limits, |session| session.caller().cloned())
    }

    fn types(&self, conn: &Arc<Conn>, conversation: ConversationId, is_typing: bool) {
        let Some(caller) = self.caller_of(conn) else { return };
        let who = caller.participant();
        let frame = Shared::new(|| ServerFrame::Typing {
            conversation_id: conversation,
            participant_id: who,
            name: caller.name().to_owned(),
            is_typing,
        });
        let followers = self.index().followers((caller.organization(), conversation));
        for conn in followers {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.typing_of(conversation, who, || frame.told(conn.protocol()), &context);
            });
        }
    }
}

impl Presence for Hub {
    fn is_online(&self, who: ParticipantId) -> bool {
        self.index().is_online(who)
    }

    fn viewers(&self, organization: OrganizationId, request: SupportRequestId) -> Vec<Viewer> {
        self.index().looks.viewers((organization, request))
    }

    fn availability(&self, who: ParticipantId, read: Standing) -> Availability {
        let known = self.index().standing(who);
        known.filter(|known| known.version > read.version).unwrap_or(read).availability
    }
}
