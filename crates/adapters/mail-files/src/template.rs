//! The words of letters, compiled in: one text for each kind and language, from which both forms of a mail are made.

use identity::LetterContent;
use kernel::Language;

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Stands alone in its paragraph, and becomes the link.
const LINK: &str = "{link}";

/// Writes a letter. `link` is the address that the letter is about.
pub(crate) fn write(content: &LetterContent, language: Language, organization: &str, link: &str) -> Written {
    let values = values(content, organization);
    let (subject, body) = template(content, language).split_once("\n\n").unwrap_or_default();
    let paragraphs: Vec<&str> = body.trim().split("\n\n").collect();
    let plain = |paragraph: &&str| if *paragraph == LINK { link.to_owned() } else { fill(paragraph, &values) };
    let rich = |paragraph: &&str| match *paragraph {
        LINK => {
            let link = escape(link);
            format!("<p><a href=\"{link}\">{link}</a></p>\n")
        }
        words => format!("<p>{}</p>\n", escape(&fill(words, &values))),
    };
    let subject = fill(subject, &values);
    let text = paragraphs.iter().map(plain).collect::<Vec<_>>().join("\n\n") + "\n";
    let body: String = paragraphs.iter().map(rich).collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n</head>\n\
         <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 36em; margin: 2em auto\">\n{body}</body>\n\
         </html>\n",
        escape(&subject)
    );
    Written { subject, text, html }
}

fn template(content: &LetterContent, language: Language) -> &'static str {
    let (fr, en) = match content {
        LetterContent::AccessLink { .. } => {
            (include_str!("templates/access_link.fr.txt"), include_str!("templates/access_link.en.txt"))
        }
        LetterContent::EmailVerification { .. } => {
            (include_str!("templates/email_verification.fr.txt"), include_str!("templates/email_verification.en.txt"))
        }
        LetterContent::AlreadyRegistered { .. } => {
            (include_str!("templates/already_registered.fr.txt"), include_str!("templates/already_registered.en.txt"))
        }
        LetterContent::PasswordReset { .. } => {
            (include_str!("templates/password_reset.fr.txt"), include_str!("templates/password_reset.en.txt"))
        }
        LetterContent::Invitation { .. } => {
            (include_str!("templates/invitation.fr.txt"), include_str!("templates/invitation.en.txt"))
        }
    };
    match language {
        Language::Fr => fr,
        Language::En => en,
    }
}

/// What stands for each name in braces.
fn values<'a>(content: &'a LetterContent, organization: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut values = match content {
        LetterContent::AccessLink { name, number, subject, .. } => {
            vec![("name", name.as_str()), ("number", number), ("subject", subject)]
        }
        LetterContent::EmailVerification { name, .. }
        | LetterContent::AlreadyRegistered { name }
        | LetterContent::PasswordReset { name, .. } => vec![("name", name.as_str())],
        LetterContent::Invitation { inviter, .. } => vec![("inviter", inviter.as_str())],
    };
    values.push(("organization", organization));
    values
}

/// Puts values in their places, once: braces within a value stay what they are. Control characters become blanks, so
/// that a value can neither end a header nor begin a paragraph.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        out.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<LetterContent> {
        let (name, token) = ("<Léa> {link} \"&\"\r\nBcc: x@y.fr".to_owned(), "act_x".to_owned());
        vec![
            LetterContent::AccessLink {
                name: name.clone(),
                number: "T-1".into(),
                subject: name.clone(),
                token: token.clone(),
            },
            LetterContent::EmailVerification { name: name.clone(), token: token.clone() },
            LetterContent::AlreadyRegistered { name: name.clone() },
            LetterContent::PasswordReset { name: name.clone(), token: token.clone() },
            LetterContent::Invitation { inviter: name, token },
        ]
    }

    #[test]
    fn every_letter_is_whole_in_both_languages() {
        for content in all() {
            let mut subjects = Vec::new();
            for language in Language::ALL {
                let written = write(&content, language, "Maison", "https://x.test/y#z");
                let (text, html) = (&written.text, &written.html);
                assert_eq!(text.matches("\nhttps://x.test/y#z\n").count(), 1, "{text}");
                assert_eq!(html.matches("href=\"https://x.test/y#z\"").count(), 1, "{html}");
                assert!(text.ends_with("Maison\n"), "{text}");
                assert!(!written.subject.is_empty() && !written.subject.contains(['{', '\n', '\r']));
                // What is left of braces came in a value.
                assert_eq!(text.matches('{').count(), text.matches("{link} \"&\"").count(), "{text}");
                subjects.push(written.subject);
            }
            assert_ne!(subjects[0], subjects[1]);
        }
    }

    #[test]
    fn what_people_called_themselves_is_text_and_nothing_else() {
        for content in all() {
            let written = write(&content, Language::Fr, "A & B", "https://x.test/");
            assert!(!written.html.contains("<Léa>") && written.html.contains("&lt;Léa&gt; {link} &quot;&amp;&quot;"));
            assert!(written.html.contains("A &amp; B"));
            assert!(!written.text.contains('\r') && !written.text.contains("\nBcc"), "{}", written.text);
        }
    }
}
