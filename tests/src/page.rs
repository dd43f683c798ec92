//! The code on the pages for users, so that tests run what readers copy.

/// The blocks of that language in a page, in their order; `file` is relative to the repository's root.
///
/// # Panics
/// The page is not there, or a block has no end.
pub fn blocks(file: &str, language: &str) -> Vec<String> {
    let path = xtask::tree::root().join(file);
    let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    of(&page, language)
}

fn of(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```") else { continue };
        let mut block = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("a block of `{name}` has no end"));
            if line == "```" {
                break;
            }
            block.push_str(line);
            block.push('\n');
        }
        if name.trim() == language {
            found.push(block);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_apart_by_their_language() {
        let page = "# A\n```sh\none\n```\n\n```js\ntwo\n  three\n```\ntext\n```sh\nfour\n```\n";
        assert_eq!(of(page, "sh"), ["one\n", "four\n"]);
        assert_eq!(of(page, "js"), ["two\n  three\n"]);
        assert!(of(page, "python").is_empty());
    }
}
