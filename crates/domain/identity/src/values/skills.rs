//! What a member of staff takes, when requests are given out by themselves.

use kernel::Language;

use super::InvalidValue;

/// How many requests somebody takes at a time: 0 to 1 000. Who takes none is given none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity(u32);

impl Capacity {
    const MAX: u32 = 1_000;

    /// Parses a number.
    ///
    /// # Errors
    /// `out_of_range`.
    pub fn parse(count: u32) -> Result<Self, InvalidValue> {
        if count <= Self::MAX { Ok(Self(count)) } else { Err(InvalidValue::OUT_OF_RANGE) }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Capacity {
    /// 10.
    fn default() -> Self {
        Self(10)
    }
}

/// What somebody knows about and speaks. An empty list names nothing in particular, and stands for anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skills {
    categories: Vec<String>,
    languages: Vec<Language>,
}

impl Skills {
    const MAX_CATEGORIES: usize = 50;
    const MAX_CATEGORY_CHARS: usize = 50;

    /// Parses words; what is named twice counts once.
    ///
    /// # Errors
    /// `too_many` over 50 categories; `required`, `too_long` or `invalid` for one of them.
    pub fn parse(categories: &[String], languages: &[Language]) -> Result<Self, InvalidValue> {
        if categories.len() > Self::MAX_CATEGORIES {
            return Err(InvalidValue::TOO_MANY);
        }
        let mut skills = Self::default();
        for category in categories {
            let category = category.trim();
            if category.is_empty() {
                return Err(InvalidValue::REQUIRED);
            } else if category.chars().count() > Self::MAX_CATEGORY_CHARS {
                return Err(InvalidValue::TOO_LONG);
            } else if category.chars().any(char::is_control) {
                return Err(InvalidValue::INVALID);
            } else if !skills.categories.iter().any(|known| known == category) {
                skills.categories.push(category.to_owned());
            }
        }
        for language in languages {
            if !skills.languages.contains(language) {
                skills.languages.push(*language);
            }
        }
        Ok(skills)
    }

    /// The categories of requests, and other words that routing rules ask for.
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// The languages.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_twice_counts_once() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let skills =
            Skills::parse(&words(&[" delivery ", "delivery", "returns"]), &[Language::En, Language::En]).unwrap();
        assert_eq!(
            (skills.categories(), skills.languages()),
            (&words(&["delivery", "returns"])[..], &[Language::En][..])
        );
        let wrong = |categories: Vec<String>| Skills::parse(&categories, &[]).unwrap_err().code();
        assert_eq!(wrong(words(&[" "])), "required");
        assert_eq!(wrong(vec!["x".repeat(51)]), "too_long");
        assert_eq!(wrong(words(&["a\0b"])), "invalid");
        assert_eq!(wrong(vec!["x".to_owned(); 51]), "too_many");
    }

    #[test]
    fn nobody_takes_more_than_a_thousand() {
        assert_eq!(Capacity::parse(1_001).unwrap_err().code(), "out_of_range");
        assert_eq!((Capacity::parse(0).unwrap().get(), Capacity::default().get()), (0, 10));
    }
}
