use kernel::PortError;

use super::talk::{Talk, app, names, topic};
use crate::{
    Close, Done, Heard, Job,
    tests::{people, world::job},
};

#[test]
fn a_client_is_told_who_it_is_and_what_was_agreed_on() {
    let mut talk = Talk::open();
    let told = talk.connect(&people::customer(), "accept-version:1.0,1.1,1.2\nheart-beat:10000,10000\n");
    assert_eq!((told.header("version"), told.header("heart-beat")), ("1.2", "10000,10000"));
    assert_eq!(told.header("user-id"), people::customer().participant().to_string());
    assert_eq!((told.header("user-role"), told.header("user-name")), ("customer", "user 10"));
    assert_eq!(told.header("session"), talk.conn.id().to_string());
    assert!(told.header("server").starts_with("guichet/"));
    assert!(!told.header("epoch").is_empty());
}

#[test]
fn the_token_may_come_as_passcode_or_with_the_handshake() {
    let mut talk = Talk::open();
    talk.says("STOMP\naccept-version:1.1\nlogin:x\npasscode:t\n\n\0");
    let Some(Job::Authenticate { token }) = job(&talk.conn) else { panic!("no token") };
    assert_eq!(token.expose(), "t");
    talk.world.admit(&talk.conn, &people::customer());
    assert_eq!(names(&talk.run()), ["CONNECTED"]);

    let mut talk = Talk::open();
    let token = kernel::Secret::new("t");
    talk.world.hub.receive(&talk.conn, crate::Inbound::Authenticate { token }, talk.world.now);
    talk.admit(&people::customer());
    assert_eq!(names(&talk.run()), [""; 0], "nothing is said before CONNECT");
    assert_eq!(names(&talk.asks("CONNECT\naccept-version:1.2\n\n\0")), ["CONNECTED"]);
}

#[test]
fn who_has_no_good_token_is_told_so_and_goes() {
    let mut talk = Talk::open();
    talk.says("CONNECT\naccept-version:1.2\n\n\0");
    assert_eq!(names(&talk.run()), ["ERROR identity.not_authenticated"]);
    assert_eq!(talk.closed, Some(Close::NotAuthenticated));

    let mut talk = Talk::open();
    talk.says("CONNECT\naccept-version:1.2\npasscode:t\n\n\0");
    assert!(matches!(job(&talk.conn), Some(Job::Authenticate { .. })));
    let refused = identity_error("identity.token_expired");
    talk.done(Done::Authenticated { revocations: 0, result: Err(refused) });
    assert_eq!(names(&talk.run()), ["ERROR identity.token_expired"]);
    assert_eq!(talk.closed, Some(Close::TokenEnded));

    let mut talk = Talk::open();
    talk.says("CONNECT\naccept-version:1.2\npasscode:t\n\n\0");
    assert!(matches!(job(&talk.conn), Some(Job::Authenticate { .. })));
    let down: Box<dyn kernel::Refusal> = Box::new(chat::ChatError::from(PortError::unavailable("test")));
    talk.done(Done::Authenticated { revocations: 0, result: Err(down) });
    assert_eq!(names(&talk.run()), ["ERROR unavailable"]);
    assert_eq!(talk.closed, Some(Close::Restart), "it may come again with the token it has");
}

#[derive(Debug)]
struct Refusing(&'static str);

impl std::fmt::Display for Refusing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refusing {}

impl kernel::Refusal for Refusing {
    fn kind(&self) -> kernel::RefusalKind {
        kernel::RefusalKind::Unauthenticated
    }

    fn code(&self) -> &'static str {
        self.0
    }
}

fn identity_error(code: &'static str) -> Box<dyn kernel::Refusal> {
    Box::new(Refusing(code))
}

#[test]
fn a_fresh_token_may_be_presented_before_the_old_one_ends() {
    let mut talk = Talk::of(&people::customer());
    talk.says("SEND\ndestination:/app/authenticate\nAuthorization:Bearer later\nreceipt:r\n\n\0");
    talk.admit(&people::customer());
    assert_eq!(names(&talk.run()), ["RECEIPT r"]);
    talk.says("SEND\ndestination:/app/authenticate\nAuthorization:Bearer theirs\nreceipt:r\n\n\0");
    talk.admit(&people::agent());
    assert_eq!(names(&talk.run()), ["ERROR realtime.already_authenticated"]);
    assert_eq!(talk.closed, Some(Close::NotAuthenticated));
}

#[test]
fn what_breaks_the_protocol_ends_the_connection() {
    let room = topic(1);
    let cases = [
        ("another CONNECT", "CONNECT\naccept-version:1.2\n\n\0".to_owned()),
        ("unknown command", "LAUNCH\n\n\0".to_owned()),
        ("a body in SUBSCRIBE", format!("SUBSCRIBE\nid:1\ndestination:{room}\n\nx\0")),
        ("no id", format!("SUBSCRIBE\ndestination:{room}\n\n\0")),
        ("no destination", "SUBSCRIBE\nid:1\n\n\0".to_owned()),
        ("long id", format!("SUBSCRIBE\nid:{}\ndestination:{room}\n\n\0", "i".repeat(129))),
        ("unknown ack mode", format!("SUBSCRIBE\nid:1\nack:maybe\ndestination:{room}\n\n\0")),
        ("negative place", format!("SUBSCRIBE\nid:1\nafter-seq:-1\ndestination:{room}\n\n\0")),
        ("place above 2^53", format!("SUBSCRIBE\nid:1\nafter-seq:9007199254740992\ndestination:{room}\n\n\0")),
        ("no epoch", format!("SUBSCRIBE\nid:1\nafter-seq:1\nepoch:x\ndestination:{room}\n\n\0")),
        ("unknown events", format!("SUBSCRIBE\nid:1\nevents:some\ndestination:{room}\n\n\0")),
        ("unsubscribed before", "UNSUBSCRIBE\nid:1\n\n\0".to_owned()),
        ("unknown ack", "ACK\nid:7-1\n\n\0".to_owned()),
        ("no ack id", "ACK\nid:x\n\n\0".to_owned()),
        ("commit of nothing", "COMMIT\ntransaction:a\n\n\0".to_owned()),
        ("abort of nothing", "ABORT\ntransaction:a\n\n\0".to_owned()),
        ("send in no transaction", format!("SEND\ntransaction:a\ndestination:{}\n\n\0", app(1, "send"))),
        ("begun twice", "BEGIN\ntransaction:a\n\n\0BEGIN\ntransaction:a\n\n\0".to_owned()),
        ("no transaction", "BEGIN\n\n\0".to_owned()),
        ("wrong JSON", format!("SEND\ncontent-type:application/json\ndestination:{}\n\n{{\0", app(1, "send"))),
        ("another type", format!("SEND\ncontent-type:image/png\ndestination:{}\n\nx\0", app(1, "send"))),
        ("no seq", format!("SEND\ndestination:{}\n\n{{\"seq\":\"x\"}}\0", app(1, "read"))),
        ("no typing", format!("SEND\ndestination:{}\n\n{{}}\0", app(1, "typing"))),
    ];
    for (name, text) in cases {
        let mut talk = Talk::of(&people::customer());
        talk.world.append(1, &people::agent(), "a", None);
        assert_eq!(names(&talk.asks(&text)), ["ERROR realtime.malformed"], "{name}");
        assert_eq!(talk.closed, Some(Close::Malformed), "{name}");
    }
    let mut talk = Talk::open();
    assert_eq!(names(&talk.asks("SEND\n\n\0")), ["ERROR realtime.malformed"], "before CONNECT");
    let mut talk = Talk::open();
    let told = talk.asks("CONNECT\naccept-version:3.0\n\n\0");
    assert_eq!((names(&told), told[0].header("version")), (vec!["ERROR realtime.malformed".to_owned()], "1.2,1.1,1.0"));
}

#[test]
fn no_pattern_and_nothing_beside_it_is_a_destination() {
    let id = people::conversation(1);
    let destinations = [
        "/topic/*".to_owned(),
        "/topic/conversations/*".to_owned(),
        "/topic/conversations/>".to_owned(),
        "/topic/#".to_owned(),
        format!("/topic/conversations/../conversations/{id}"),
        format!("/topic/conversations/{id}/"),
        format!("/topic/conversations/{id}/typing"),
        format!("/topic/conversations/{}", id.to_string().to_uppercase()),
        format!("/topic/conversations/{}", id.uuid().simple()),
        format!("/queue/conversations/{id}"),
        "/user/queue/events/x".to_owned(),
        "/user/somebody/queue/events".to_owned(),
        String::new(),
    ];
    for destination in destinations {
        let mut talk = Talk::of(&people::customer());
        let text =
            format!("SUBSCRIBE\nid:1\nselector:T(java.lang.Runtime)\ndestination:{destination}\nreceipt:r\n\n\0");
        let told = talk.asks(&text);
        assert_eq!(names(&told), ["ERROR forbidden"], "{destination}");
        assert_eq!(told[0].header("receipt-id"), "r");
        assert_eq!(talk.closed, Some(Close::Gone));
    }
    for destination in
        [topic(1), "/app/conversations/x/send".to_owned(), app(1, "launch"), app(1, ""), "/app".to_owned()]
    {
        let mut talk = Talk::of(&people::customer());
        assert_eq!(names(&talk.asks(&format!("SEND\ndestination:{destination}\n\nx\0"))), ["ERROR forbidden"]);
    }
}

#[test]
fn a_binary_message_and_several_frames_in_one_are_read_like_any() {
    let mut talk = Talk::of(&people::customer());
    let text = "\nBEGIN\ntransaction:a\nreceipt:1\n\n\0\n\nABORT\ntransaction:a\nreceipt:2\n\n\0";
    talk.hears(Heard::Binary(text.as_bytes()));
    assert_eq!(names(&talk.run()), ["RECEIPT 1", "RECEIPT 2"]);
    for byte in text.as_bytes() {
        talk.hears(Heard::Binary(&[*byte]));
    }
    assert_eq!(names(&talk.run()), ["RECEIPT 1", "RECEIPT 2"]);
}

#[test]
fn a_frame_that_misses_its_rest_is_not_waited_for_for_ever() {
    let mut talk = Talk::of(&people::customer());
    talk.says("SEND\ncontent-length:10\n\nabc\0");
    for _ in 0..10 {
        talk.world.pass(1);
        assert_eq!(talk.run(), []);
    }
    talk.world.pass(1);
    assert_eq!(names(&talk.run()), ["ERROR realtime.malformed"]);
    assert_eq!(talk.closed, Some(Close::Malformed));
}

#[test]
fn heart_beats_go_out_when_there_is_nothing_else_to_say() {
    let mut talk = Talk::open();
    talk.connect(&people::customer(), "accept-version:1.2\nheart-beat:0,1\n");
    for second in 1..=60 {
        talk.world.pass(1);
        talk.hears(Heard::Text("\n"));
        assert_eq!(talk.run(), []);
        assert!(talk.beats <= second / 9 && talk.beats >= second / 10, "{} after {second} s", talk.beats);
    }
    talk.follows(1, "id:s\n");
    let before = talk.beats;
    for n in 0..30 {
        talk.world.pass(1);
        talk.others_say(1, &format!("m{n}"));
        talk.hears(Heard::Text("\n"));
        talk.run();
    }
    assert_eq!(talk.beats, before, "what is said shows that the server is there");
}

#[test]
fn a_client_that_asked_for_no_heart_beats_gets_none_and_owes_none() {
    let mut talk = Talk::open();
    talk.connect(&people::customer(), "accept-version:1.2\nheart-beat:0,0\n");
    for _ in 0..100 {
        talk.world.pass(1);
        talk.world.hub.heard(&talk.conn, None);
        talk.run();
    }
    assert_eq!((talk.beats, talk.closed), (0, None));
}

#[test]
fn a_client_that_is_silent_for_twice_what_it_promised_is_given_up() {
    let mut talk = Talk::open();
    talk.connect(&people::customer(), "accept-version:1.1\nheart-beat:1,0\n");
    for _ in 0..20 {
        talk.world.pass(1);
        // A pong shows that somebody holds the line, and is no heart-beat.
        talk.world.hub.heard(&talk.conn, None);
        talk.run();
    }
    assert_eq!(talk.closed, None, "the floor is 10 s, and twice that is waited");
    talk.world.pass(1);
    talk.run();
    assert_eq!(talk.closed, Some(Close::NoHeartbeat));
}

#[test]
fn heart_beats_are_two_numbers() {
    for wrong in ["-1,0", "0,-1", "a,b", "1", "1,", ",1", "1,2,3", "99999999999999999999,0", "+1,0", ""] {
        let mut talk = Talk::open();
        let told = talk.asks(&format!("CONNECT\naccept-version:1.2\nheart-beat:{wrong}\n\n\0"));
        assert_eq!(names(&told), ["ERROR realtime.malformed"], "{wrong}");
    }
    let mut talk = Talk::open();
    talk.connect(&people::customer(), "accept-version:1.2\nheart-beat:999999999999999,999999999999999\n");
    talk.world.pass(30);
    talk.run();
    assert_eq!((talk.beats, talk.closed), (0, None));
}

#[test]
fn in_1_0_nothing_is_said_of_heart_beats() {
    let mut talk = Talk::open();
    let told = talk.connect(&people::customer(), "heart-beat:nonsense\n");
    assert_eq!((told.header("version"), told.header("heart-beat")), ("1.0", ""));
}

#[test]
fn a_client_that_disconnects_gets_its_receipt_once_all_before_is_answered() {
    let mut talk = Talk::of(&people::customer());
    talk.sends(1, "receipt:m\n", "hello");
    talk.says("DISCONNECT\nreceipt:bye\n\n\0SEND\n\n\0LAUNCH");
    assert_eq!(talk.read(), [], "the send is not durable yet");
    assert_eq!(names(&talk.run()), ["RECEIPT m", "RECEIPT bye"]);
    assert_eq!(talk.closed, Some(Close::Normal));
}

#[test]
fn a_node_that_stops_says_so_to_those_who_listen_and_closes_without_an_error() {
    let mut talk = Talk::of(&people::customer());
    talk.asks("SUBSCRIBE\nid:e\ndestination:/user/queue/events\n\n\0");
    talk.world.hub.drain(std::time::Duration::from_secs(5));
    let told = talk.run();
    assert_eq!(names(&told), ["bye"]);
    assert!(told[0].body.contains("\"retry_after_ms\""));
    assert_eq!(talk.closed, Some(Close::Restart));
}
