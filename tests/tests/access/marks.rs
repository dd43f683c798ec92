//! The marks of a row, and the cases that they stand for.

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Nobody,
    Guest,
    Customer,
    Agent,
    Supervisor,
    Admin,
}

/// What is called upon, as it stands to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The caller asked for it; of people and sessions, themselves and theirs.
    Own,
    /// Somebody else asked for it; no member of staff was named.
    Others,
    /// The calling agent is to answer.
    Assigned,
    /// Another agent is to answer, and the calling one takes part.
    Joined,
    /// Another agent is to answer.
    OtherAgents,
    /// Of people: a member of staff.
    Colleagues,
    /// Another organisation's.
    Foreign,
}

/// What must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `+`
    Done,
    /// `-`
    Absent,
    /// `x`
    Refused,
    /// `!`
    Stranger,
    /// `?`
    Unknown,
}

/// What an operation is done to; the order of the marks of each group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// Nothing that belongs to anybody: one mark a group.
    Nothing,
    /// A request, its conversation, and its requester's message and file.
    Request,
    /// A request whose message is the caller's own where the mark is `+`, else its requester's.
    OwnMessage,
    /// A request with a file that no message has yet: the caller's own where the mark is `+`, else its requester's.
    OwnFile,
    /// The link to a file of a request, as whoever may see it got it.
    Link,
    /// A request with an internal note, of somebody else's on the staff.
    Note,
    /// A request with an internal note: the caller's own where the mark is `+`, else as with [`Self::Note`].
    OwnNote,
    /// A request beside another that stands to the caller as it does, of the same requester.
    Twin,
    /// A list of requests or conversations.
    List,
    /// A user. Customers: themselves, staff, foreign. Staff: themselves, staff, customers, foreign. Nobody: staff;
    /// guests: staff, foreign.
    User,
    /// A session. Nobody and guests: somebody's. The others: own, another's, foreign.
    Session,
    /// Somebody who asks. Nobody: them. The others: them, foreign.
    Customer,
    /// Something that an admin makes: `POST` there, of that body. Nobody: it. The others: it, foreign.
    Thing(&'static str, &'static str),
    /// The same, made by its owner. Nobody: the admin's. Guests and customers: the admin's, foreign. The others: their
    /// own, another's, foreign.
    OwnThing(&'static str, &'static str),
}

impl On {
    /// What the marks of a role's group stand for.
    pub(crate) fn cases(self, role: Role) -> &'static [Whose] {
        use Whose::{Assigned, Colleagues, Foreign, Joined, OtherAgents, Others, Own};
        match (self, role) {
            (Self::Nothing, _) => &[Own],
            (Self::User, Role::Nobody) => &[Colleagues],
            (Self::User, Role::Guest) => &[Colleagues, Foreign],
            (Self::User, Role::Customer) => &[Own, Colleagues, Foreign],
            (Self::User, _) => &[Own, Colleagues, Others, Foreign],
            (Self::Session, Role::Nobody | Role::Guest) => &[Others],
            (Self::Session, _) | (Self::OwnThing(..), Role::Agent | Role::Supervisor | Role::Admin) => {
                &[Own, Others, Foreign]
            }
            (_, Role::Nobody) => &[Others],
            (Self::Customer | Self::Thing(..) | Self::OwnThing(..), _) | (_, Role::Supervisor | Role::Admin) => {
                &[Others, Foreign]
            }
            (_, Role::Guest | Role::Customer) => &[Own, Others, Foreign],
            (_, Role::Agent) => &[Assigned, Others, Joined, OtherAgents, Foreign],
        }
    }

    /// Every case of a row with its mark.
    pub(crate) fn read(self, marks: &str) -> Vec<(Role, Whose, Mark)> {
        let roles = [Role::Nobody, Role::Guest, Role::Customer, Role::Agent, Role::Supervisor, Role::Admin];
        let groups: Vec<&str> = marks.split(' ').collect();
        assert_eq!(groups.len(), roles.len(), "{marks:?} has not a group for each role");
        let mut cases = Vec::new();
        for (role, group) in roles.into_iter().zip(groups) {
            let whose = self.cases(role);
            assert_eq!(group.len(), whose.len(), "{marks:?} has not a mark for each of {whose:?} of {role:?}");
            let read = |mark| match mark {
                '+' => Some(Mark::Done),
                '-' => Some(Mark::Absent),
                'x' => Some(Mark::Refused),
                '!' => Some(Mark::Stranger),
                '?' => Some(Mark::Unknown),
                '.' => None,
                other => panic!("{other:?} is no mark"),
            };
            cases.extend(group.chars().zip(whose).filter_map(|(mark, whose)| Some((role, *whose, read(mark)?))));
        }
        cases
    }
}
