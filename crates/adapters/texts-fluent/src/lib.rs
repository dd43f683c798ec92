#![doc = include_str!("../README.md")]

mod error;

use fluent_bundle::{FluentArgs, FluentError, FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast;
use kernel::{Language, TextCatalogue, Texts};
use unic_langid::LanguageIdentifier;

pub use error::TextsError;

/// The texts of several catalogues in all languages.
pub struct FluentTexts {
    fr: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl FluentTexts {
    /// Puts the catalogues together.
    ///
    /// # Errors
    /// When a file is no Fluent, an id comes twice, or an id is missing in one language.
    pub fn new(catalogues: &[TextCatalogue]) -> Result<Self, TextsError> {
        let (fr, mut fr_ids) = bundle(Language::Fr, catalogues.iter().map(|texts| texts.fr))?;
        let (en, mut en_ids) = bundle(Language::En, catalogues.iter().map(|texts| texts.en))?;
        fr_ids.sort_unstable();
        en_ids.sort_unstable();
        let lonely = |ids: &[String], others: &[String], language| match ids.iter().find(|id| !others.contains(id)) {
            Some(id) => Err(TextsError::Missing { id: id.clone(), language }),
            None => Ok(()),
        };
        lonely(&fr_ids, &en_ids, Language::En)?;
        lonely(&en_ids, &fr_ids, Language::Fr)?;
        Ok(Self { fr, en })
    }

    fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }
}

impl Texts for FluentTexts {
    fn text(&self, language: Language, code: &str, arguments: &[(&'static str, String)]) -> Option<String> {
        let bundle = self.bundle(language);
        let message = bundle.get_message(&code.replace('.', "-"))?;
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, value) in arguments {
            values.set(*name, value.as_str());
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(message.value()?, Some(&values), &mut errors).into_owned();
        if !errors.is_empty() {
            // The text is still readable; whoever forgot an argument has to hear of it.
            tracing::error!(code, %language, ?errors, "a text could not be filled in whole");
        }
        Some(text)
    }
}

type Parts = (FluentBundle<FluentResource>, Vec<String>);

fn bundle(language: Language, files: impl Iterator<Item = &'static str>) -> Result<Parts, TextsError> {
    let locale: LanguageIdentifier = language.as_str().parse().map_err(|_| TextsError::UnknownLocale(language))?;
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    bundle.set_use_isolating(false);
    let mut ids = Vec::new();
    for file in files {
        let resource = FluentResource::try_new(file.to_owned()).map_err(|(_, errors)| TextsError::Unreadable {
            language,
            reason: errors.first().map(ToString::to_string).unwrap_or_default(),
        })?;
        ids.extend(resource.entries().filter_map(|entry| match entry {
            ast::Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        }));
        bundle.add_resource(resource).map_err(|errors| twice(language, &errors))?;
    }
    Ok((bundle, ids))
}

fn twice(language: Language, errors: &[FluentError]) -> TextsError {
    let id = errors.iter().find_map(|error| match error {
        FluentError::Overriding { id, .. } => Some(id.clone()),
        _ => None,
    });
    TextsError::Twice { id: id.unwrap_or_default(), language }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TextCatalogue = TextCatalogue {
        fr: "chat-closed = Close.\nmerged = Voir { $into }.",
        en: "chat-closed = Closed.\nmerged = See { $into }.",
    };

    #[test]
    fn a_code_has_its_text_in_each_language() {
        let texts = FluentTexts::new(&[ONE]).unwrap();
        assert_eq!(texts.text(Language::Fr, "chat.closed", &[]).as_deref(), Some("Close."));
        assert_eq!(texts.text(Language::En, "chat.closed", &[]).as_deref(), Some("Closed."));
        assert_eq!(texts.text(Language::En, "chat.gone", &[]), None);
    }

    #[test]
    fn arguments_are_put_in_without_invisible_marks() {
        let texts = FluentTexts::new(&[ONE]).unwrap();
        let text = texts.text(Language::En, "merged", &[("into", "TICKET-1".to_owned())]);
        assert_eq!(text.as_deref(), Some("See TICKET-1."));
    }

    #[test]
    fn an_id_in_two_catalogues_is_refused() {
        let error = FluentTexts::new(&[ONE, TextCatalogue { fr: "merged = x", en: "" }]).err().unwrap();
        assert_eq!(error, TextsError::Twice { id: "merged".into(), language: Language::Fr });
    }

    #[test]
    fn an_id_in_one_language_only_is_refused() {
        let error = FluentTexts::new(&[ONE, TextCatalogue { fr: "", en: "lonely = x" }]).err().unwrap();
        assert_eq!(error, TextsError::Missing { id: "lonely".into(), language: Language::Fr });
        let error = FluentTexts::new(&[TextCatalogue { fr: "seul = x", en: "" }]).err().unwrap();
        assert_eq!(error, TextsError::Missing { id: "seul".into(), language: Language::En });
    }

    #[test]
    fn a_file_that_is_no_fluent_is_refused() {
        let error = FluentTexts::new(&[TextCatalogue { fr: "= nothing", en: "" }]).err().unwrap();
        assert!(matches!(error, TextsError::Unreadable { language: Language::Fr, .. }), "{error}");
    }
}
