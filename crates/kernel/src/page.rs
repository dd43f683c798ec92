//! Pages of lists.

/// Which page of a list. `limit` is 1 to 100, `page` counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: u32,
    limit: u32,
}

impl PageRequest {
    /// The page size when a caller names none.
    pub const DEFAULT_LIMIT: u32 = 20;
    /// The largest page size.
    pub const MAX_LIMIT: u32 = 100;
    /// The last page that can be asked for; further on, a list is to be filtered.
    pub const MAX_PAGE: u32 = 10_000;

    /// Nothing for 0, a larger `limit` than 100, or a page past 10 000.
    pub fn parse(page: Option<u32>, limit: Option<u32>) -> Option<Self> {
        let (page, limit) = (page.unwrap_or(1), limit.unwrap_or(Self::DEFAULT_LIMIT));
        ((1..=Self::MAX_PAGE).contains(&page) && (1..=Self::MAX_LIMIT).contains(&limit)).then_some(Self { page, limit })
    }
    /// The page, from 1.
    pub fn page(self) -> u32 {
        self.page
    }
    /// How many items a page holds.
    pub fn limit(self) -> u32 {
        self.limit
    }
    /// How many items come before it.
    pub fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.limit)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { page: 1, limit: Self::DEFAULT_LIMIT }
    }
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Smallest, or oldest, first.
    Ascending,
    /// Largest, or newest, first.
    #[default]
    Descending,
}

/// One page of a list, with how many items there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// What was asked for.
    pub request: PageRequest,
    /// How many items there are over all pages.
    pub total: u64,
}

impl<T> Page<T> {
    /// The same page with other items.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), request: self.request, total: self.total }
    }
}
