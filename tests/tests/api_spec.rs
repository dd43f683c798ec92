//! Documents that are generated equal those that are committed.

use std::process::Command;
use xtask::binary::{self, Variant};
use xtask::{process, tree};

#[test]
fn the_openapi_document_is_the_one_that_the_handlers_give() {
    let generated = process::read(Command::new(binary::build(Variant::Plain).unwrap()).arg("openapi")).unwrap();
    let committed = std::fs::read_to_string(tree::root().join("api-spec/openapi.json")).unwrap();
    assert!(generated.trim() == committed.trim(), "api-spec/openapi.json is stale: `cargo xtask spec` writes it");
}
