//! Who is there, and who writes.

use std::sync::Arc;

use kernel::{Caller, ConversationId, OrganizationId, ParticipantId};

use super::{Hub, index::RoomId};
use crate::{Conn, Effect, Presence, ServerFrame, Shared};

impl Hub {
    /// Staff of an organisation that are there, each once.
    pub fn staff_online(&self, organization: OrganizationId) -> Vec<Arc<Caller>> {
        self.index().staff_online(organization)
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
                Effect::Known { .. } | Effect::Join(_) | Effect::Leave(_) => {}
            }
        }
    }

    /// Somebody's first connection appeared, or the last one went: told to those who follow a conversation
    /// in which the person takes part, and of staff to all staff.
    pub(super) fn came_or_went(&self, caller: &Caller, online: bool) {
        let who = caller.participant();
        let (neighbours, staff) = {
            let index = self.index();
            // Somebody who came back, or went again, in the meantime: the later word is told by that step.
            if index.is_online(who) != online {
                return;
            }
            let staff = if caller.is_staff() { index.staff(caller.organization()) } else { Vec::new() };
            (index.neighbours(who), staff)
        };
        let frame = Shared::new(|| ServerFrame::Presence { participant_id: who, online });
        for conn in &staff {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.presence_of_staff(who, || frame.bytes(conn.protocol()), &context);
            });
        }
        for (conn, shared) in neighbours.iter().filter(|(conn, _)| !staff.iter().any(|other| other.id() == conn.id())) {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.presence_in(shared, who, || frame.bytes(conn.protocol()), &context);
            });
        }
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
        let frame = Shared::new(|| ServerFrame::Presence { participant_id: who, online: true });
        for conn in followers {
            let context = self.context();
            conn.step(&self.limits, |session| {
                session.presence_in(&[room.1], who, || frame.bytes(conn.protocol()), &context);
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
                session.typing_of(conversation, who, || frame.bytes(conn.protocol()), &context);
            });
        }
    }
}

impl Presence for Hub {
    fn is_online(&self, who: ParticipantId) -> bool {
        self.index().is_online(who)
    }
}
