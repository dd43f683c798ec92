//! A request at its opening.

use kernel::{Env, Language, Timestamp};
use support_request::{
    Category, Description, Kind, Number, Priority, References, Sla, SlaTerms, Snapshot, Source, Subject, Tags, testing,
};

use crate::{chance::Chance, people::People, words};

/// When and by which number a request was opened.
pub(crate) struct Birth {
    pub(crate) index: u64,
    pub(crate) at: Timestamp,
    pub(crate) number: Number,
}

/// What somebody asks for; and whether in French.
pub(crate) fn opened(chance: &mut Chance, moment: &dyn Env, people: &People, birth: Birth) -> (Snapshot, bool) {
    let (requester, language) = people.asker(chance);
    let french = language == Language::Fr;
    let topics: Vec<_> = words::TOPICS.iter().map(|topic| (*topic, topic.1)).collect();
    let (category, _, in_french, in_english) = chance.weighed(&topics);
    let kinds = [
        (Kind::Chat, 45),
        (Kind::ContactForm, 30),
        (Kind::OrderIssue, 10),
        (Kind::ProductIssue, 6),
        (Kind::Claim, 5),
        (Kind::Appointment, 4),
    ];
    let kind = chance.weighed(&kinds);
    let sources = [(Source::Web, 60), (Source::Email, 25), (Source::Phone, 10), (Source::Integration, 5)];
    let mut new = testing::request(moment, people.organization, &requester, 0);
    new.number = birth.number;
    new.kind = kind;
    new.source = if kind == Kind::Chat { Source::Chat } else { chance.weighed(&sources) };
    new.subject = Subject::stored((*chance.pick(if french { in_french } else { in_english })).to_owned());
    let description = if kind == Kind::Chat { String::new() } else { words::description(chance, french) };
    new.description = Description::stored(description);
    new.priority =
        chance.weighed(&[(Priority::Low, 15), (Priority::Normal, 60), (Priority::High, 18), (Priority::Urgent, 7)]);
    new.category = Category::stored(category.to_owned());
    if chance.percent(40) {
        let mut tags: Vec<String> = (0..=chance.below(3)).map(|_| (*chance.pick(words::TAGS)).to_owned()).collect();
        tags.sort();
        tags.dedup();
        new.tags = Tags::stored(tags);
    }
    let order = (kind == Kind::OrderIssue || chance.percent(20)).then(|| format!("CMD-{}", chance.below(90_000)));
    new.references = References {
        order_id: order,
        appointment_id: (kind == Kind::Appointment).then(|| format!("RDV-{}", birth.index)),
        warranty_id: (kind == Kind::ProductIssue).then(|| format!("GAR-{}", chance.below(20_000))),
        claim_id: (kind == Kind::Claim).then(|| format!("SIN-{}", birth.index)),
    };
    new.sla = Sla::opened(new.created_at, new.priority, &SlaTerms::default());
    new.language = language;
    (new, french)
}
