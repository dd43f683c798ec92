//! Nodes that keep files where the others cannot read them are not several.

use anyhow::{Error, anyhow};
use kernel::NodeId;
use realtime::{Hub, bus::About};
use tokio::time::interval;

/// Why this node may not be one of several: it, or one that it hears, keeps files where the rest cannot read them. Of
/// two nodes it is the one that was started later that gives way. Looked at again and again, because others may come
/// to be heard at any time, and those that start while the bus is down only once it carries; never returns for a node
/// that may stay.
pub(crate) async fn refused(hub: &Hub) -> Error {
    let mut clock = interval(Hub::BEAT);
    loop {
        clock.tick().await;
        let Some(own) = hub.node() else { continue };
        if let Some(About { name, .. }) = gives_way(own, &hub.nodes()) {
            return anyhow!(
                "another node ({name}) is there, and files are kept in a folder that only one of them can read: give \
                 all nodes a storage_url of an S3-compatible store, or of a folder that all of them have, with \
                 ?shared=true"
            );
        }
    }
}

/// The node to which this one gives way. Ids are made at the start and in the order of time, so that of two nodes that
/// hear each other it is always one, and the same, that does.
fn gives_way<'a>((own, about): (NodeId, &About), others: &'a [(NodeId, About)]) -> Option<&'a About> {
    let refuses = |(other, theirs): &&(NodeId, About)| *other < own && (about.local_files || theirs.local_files);
    others.iter().find(refuses).map(|(_, theirs)| theirs)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn node(n: u128, local_files: bool) -> (NodeId, About) {
        (NodeId::new(Uuid::from_u128(n)), About { name: format!("node-{n}"), local_files })
    }

    #[test]
    fn of_nodes_that_cannot_share_files_the_later_ones_give_way_whoever_looks_first() {
        let gives_way = |own: &(NodeId, About), others: &[(NodeId, About)]| {
            super::gives_way((own.0, &own.1), others).map(|about| about.name.clone())
        };
        for (first, second) in [(true, true), (true, false), (false, true)] {
            let (first, second) = (node(1, first), node(2, second));
            assert_eq!(gives_way(&first, std::slice::from_ref(&second)), None);
            assert_eq!(gives_way(&second, &[first]).as_deref(), Some("node-1"));
        }
        let all = [node(1, false), node(2, true), node(3, false)];
        let left: Vec<bool> = all.iter().map(|own| gives_way(own, &all).is_none()).collect();
        assert_eq!(left, [true, false, false], "who comes after one that keeps files to itself cannot read them");
        assert_eq!(gives_way(&node(2, false), &[node(1, false), node(3, false)]), None);
        assert_eq!(gives_way(&node(2, true), &[]), None, "one alone may keep them where it likes");
    }

    #[tokio::test]
    async fn a_node_that_is_heard_long_after_the_start_is_still_found() {
        let texts = std::sync::Arc::new(texts_fluent::FluentTexts::new(&[realtime::TEXTS]).unwrap());
        let hub = Hub::new(texts, realtime::Limits::default());
        let (own, about) = node(2, true);
        // Nobody answers there: what comes is what the test says.
        let (bus, _ear) = bus_redis::RedisBus::join("redis://127.0.0.1:1", "alone").unwrap();
        hub.join(own, about, bus);
        let mut refused = std::pin::pin!(refused(&hub));
        let waits = tokio::time::timeout(Hub::BEAT * 2, refused.as_mut()).await;
        assert!(waits.is_err(), "nobody is there yet");
        let (other, _) = node(1, false);
        let says = |number: u64, words: &str| {
            hub.overhear(format!("1 {other} {number} {words}").as_bytes(), std::time::Instant::now());
        };
        says(1, r#"{"said":"beat","roster":0,"about":{"name":"node-1","local_files":false}}"#);
        let why = tokio::time::timeout(Hub::BEAT * 4, refused).await.unwrap();
        assert!(why.to_string().contains("another node (node-1) is there"), "{why}");
    }
}
