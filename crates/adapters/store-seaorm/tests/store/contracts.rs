//! The suites of the domains, on both databases.

mod sqlite {
    use crate::{
        database::Backend,
        harness::{sqlite, stores},
    };

    mod chat {
        use super::*;
        ::chat::chat_contract!(sqlite(), #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod support_request {
        use super::*;
        ::support_request::support_request_contract!(sqlite(), #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod identity {
        use super::*;
        async fn fresh() -> ::identity::testing::contract::Stores {
            stores(Backend::Sqlite).await
        }
        ::identity::identity_store_contract!(fresh);
    }
}

mod postgres {
    use crate::{
        database::Backend,
        harness::{postgres, stores},
    };

    mod chat {
        use super::*;
        ::chat::chat_contract!(postgres(), #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod support_request {
        use super::*;
        ::support_request::support_request_contract!(postgres(), #[tokio::test(flavor = "multi_thread", worker_threads = 2)]);
    }
    mod identity {
        use super::*;
        async fn fresh() -> ::identity::testing::contract::Stores {
            stores(Backend::Postgres).await
        }
        ::identity::identity_store_contract!(fresh);
    }
}
