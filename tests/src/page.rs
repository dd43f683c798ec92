//! The pages of the documentation, of which the code is run.

/// The blocks of that language in a page, in their order. The file is relative to the root of the repository.
pub fn blocks(file: &str, language: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(xtask::tree::root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        let fence = line.strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(of)) => open = Some((of.trim() == language, String::new())),
            (Some(_), Some(_)) => {
                if let Some((true, block)) = open.take() {
                    blocks.push(block);
                }
            }
            (Some((_, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{file}: a block has no end");
    blocks
}
