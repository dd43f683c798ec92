//! Mails in a folder, read by another program's parser.

#![expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use identity::{Email, LetterContent, Mailer, OpenLetter};
use kernel::{Language, LetterId, Timestamp};
use mail_files::MailFiles;
use mail_parser::MessageParser;
use url::Url;
use uuid::Uuid;

fn letter(n: u128) -> OpenLetter {
    OpenLetter {
        id: LetterId::new(Uuid::from_u128(n)),
        to: Email::parse("lea@example.com").unwrap(),
        language: Language::Fr,
        organization: "Café « Nord »\r\nBcc: x@y.fr".to_owned(),
        content: LetterContent::AccessLink {
            name: "Léa".to_owned(),
            number: "TICKET-20240115-001".to_owned(),
            subject: "Où est <mon> colis ?".to_owned(),
            token: "gst_abc".to_owned(),
        },
        created_at: Timestamp::from_micros(1_705_312_800_000_000),
    }
}

fn mails(folder: &Path) -> MailFiles {
    MailFiles::new(folder.join("mail"), Url::parse("https://aide.example/").unwrap())
}

#[tokio::test]
async fn what_was_written_to_an_address_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mails = mails(folder.path());
    let other = OpenLetter { to: Email::parse("leah@example.com").unwrap(), ..letter(3) };
    for letter in [&letter(1), &letter(2), &other] {
        mails.deliver(letter).await.unwrap();
    }
    let path = folder.path().join("mail");
    // As when the server ended in the midst of it.
    fs::rename(path.join(format!("{}.eml", Uuid::from_u128(2))), path.join("2.part")).unwrap();
    fs::write(path.join("notes.txt"), "To: lea@example.com\r\n\r\n").unwrap();
    let of = ["lea@example.com".to_owned()];
    assert_eq!(MailFiles::remove_to(&path, &[]).await.unwrap(), 0);
    assert_eq!(MailFiles::remove_to(&path, &of).await.unwrap(), 2);
    assert_eq!(MailFiles::remove_to(&path, &of).await.unwrap(), 0);
    let left: Vec<_> = mails.list().await.unwrap().into_iter().map(|mail| mail.to).collect();
    assert_eq!(left, ["leah@example.com"]);
    assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
    assert_eq!(MailFiles::remove_to(&folder.path().join("none"), &of).await.unwrap(), 0);
}

#[tokio::test]
async fn a_letter_is_a_mail_that_any_program_reads() {
    let folder = tempfile::tempdir().unwrap();
    mails(folder.path()).deliver(&letter(7)).await.unwrap();
    let file = folder.path().join("mail").join(format!("{}.eml", Uuid::from_u128(7)));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "it holds a secret");
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 999), "RFC 5322, section 2.1.1");
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.message_id(), Some("00000000-0000-0000-0000-000000000007@aide.example"));
    assert_eq!(mail.subject(), Some("Votre demande TICKET-20240115-001"));
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!(
        (from.name().unwrap(), from.address().unwrap()),
        ("Café « Nord »  Bcc: x@y.fr", "no-reply@aide.example")
    );
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("lea@example.com"));
    assert!(mail.bcc().is_none(), "a name makes no header");
    assert_eq!(mail.date().unwrap().to_timestamp(), 1_705_312_800);
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    let link = "https://aide.example/r/TICKET-20240115-001#gst_abc";
    assert!(text.contains(link) && text.contains("« Où est <mon> colis ? »"), "{text}");
    assert!(html.contains(&format!("href=\"{link}\"")) && html.contains("Où est &lt;mon&gt; colis ?"), "{html}");
}

#[tokio::test]
async fn the_same_letter_again_is_one_mail_and_the_newest_is_listed_first() {
    let folder = tempfile::tempdir().unwrap();
    let mails = mails(folder.path());
    assert_eq!(mails.list().await.unwrap(), [], "nothing was written yet");
    for n in [7, 8, 7] {
        mails.deliver(&letter(n)).await.unwrap();
    }
    let listed = mails.list().await.unwrap();
    assert_eq!(listed.iter().map(|mail| mail.id.as_u128()).collect::<Vec<_>>(), [8, 7]);
    let mail = mails.read(Uuid::from_u128(7)).await.unwrap().unwrap();
    assert_eq!(mail, listed[1]);
    assert_eq!((mail.to.as_str(), mail.at), ("lea@example.com", letter(7).created_at));
    assert!(mail.text.contains("#gst_abc"));
    assert_eq!(mails.read(Uuid::from_u128(9)).await.unwrap(), None);
}

#[tokio::test]
async fn a_server_that_is_reached_by_a_number_writes_from_localhost() {
    let folder = tempfile::tempdir().unwrap();
    let mails = MailFiles::new(folder.path().to_owned(), Url::parse("http://127.0.0.1:8007").unwrap());
    mails.deliver(&letter(7)).await.unwrap();
    let mail = mails.read(Uuid::from_u128(7)).await.unwrap().unwrap();
    assert!(mail.text.contains("http://127.0.0.1:8007/r/TICKET-20240115-001#gst_abc"), "{}", mail.text);
}

#[tokio::test]
async fn a_mail_that_cannot_be_kept_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mail"), "a file where the folder should be").unwrap();
    let error = mails(folder.path()).deliver(&letter(7)).await.unwrap_err();
    assert_eq!(error.kind(), kernel::PortErrorKind::Unavailable);
}
