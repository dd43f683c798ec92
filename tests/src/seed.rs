//! The demo organisation, made once a build and copied for each test: hashing its passwords takes seconds.

use crate::database::{Database, Store, services_url, sibling, sql};
use crate::server::Server;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use xtask::binary::{self, Variant};
use xtask::tree;

/// Fills `home` with a data folder that holds the demo, and gives the database that belongs to it.
pub(crate) async fn unpack(store: Store, home: &Path) -> Database {
    let folder = tree::target().join("seeds");
    std::fs::create_dir_all(&folder).expect("a folder for the seeds");
    // One test makes the seed; the others wait for it here.
    let lock = File::create(folder.join(format!("{store:?}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    let fingerprint = fingerprint(store);
    let seed = folder.join(format!("{store:?}-{fingerprint}"));
    let template = format!("guichet_seed_{fingerprint}");
    if !is_there(store, &seed, &template) {
        make(store, &folder, &seed, &template).await;
    }
    copy(&seed, home);
    let database = match store {
        Store::Sqlite => Database::Sqlite,
        Store::Postgres => Database::copied(&template),
    };
    // Only now: somebody with another build deletes this one to make theirs.
    drop(lock);
    database
}

/// Another build may seed otherwise; another cluster has no template.
fn fingerprint(store: Store) -> String {
    let program = binary::build(Variant::Plain).expect("the server's program is built");
    let facts = std::fs::metadata(program).expect("the program is there");
    let mut text = format!("{} {:?}", facts.len(), facts.modified().expect("a time"));
    if store == Store::Postgres {
        text.push_str(&services_url());
    }
    format!("{:016x}", tree::hash(text.as_bytes()))
}

fn is_there(store: Store, seed: &Path, template: &str) -> bool {
    let made = seed.is_dir();
    let has_template = || {
        let found = format!("select count(*) from pg_database where datname = '{template}'");
        sql(&services_url(), &found).trim() == "1"
    };
    made && (store == Store::Sqlite || has_template())
}

async fn make(store: Store, folder: &Path, seed: &Path, template: &str) {
    for old in std::fs::read_dir(folder).expect("the seeds").flatten().map(|entry| entry.path()) {
        if old.is_dir()
            && old.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{store:?}-")))
        {
            std::fs::remove_dir_all(old).expect("an old seed can be deleted");
        }
    }
    let mut server = Server::on_empty(store).await;
    server.terminate();
    let status = server.ended(Duration::from_secs(30)).await;
    assert!(status.success(), "the server that made the seed ended with {status}\n{}", server.log());
    if let Database::Postgres { admin, url, .. } = server.database() {
        sql(admin, &format!("drop database if exists {template} with (force)"));
        let made = url.rsplit('/').next().expect("a name");
        sql(admin, &format!("create database {template} template {made}"));
        assert_eq!(sibling(admin, made), *url);
    }
    // The folder's being there says that the seed is whole.
    let fresh = PathBuf::from(format!("{}.new", seed.display()));
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).expect("an unfinished seed can be deleted");
    }
    copy(server.home(), &fresh);
    std::fs::rename(&fresh, seed).expect("the seed can be put in place");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy").flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
