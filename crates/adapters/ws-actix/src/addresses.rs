//! How many connections each address holds, before anybody is known.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where a connection comes from, as far as it counts: an IPv4 address, or the /64 that an IPv6 subscriber
/// has to itself (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    V4(u32),
    V6(u64),
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// The connections of each address that has some.
#[derive(Debug, Default)]
pub(crate) struct Addresses(Mutex<HashMap<Address, usize>>);

impl Addresses {
    /// Takes a place for one more connection; none when the address has so many already.
    pub(crate) fn take(&self, address: Address, most: usize) -> bool {
        let mut taken = self.taken();
        let count = taken.entry(address).or_default();
        if *count >= most {
            return false;
        }
        *count += 1;
        true
    }

    /// Gives a place back.
    pub(crate) fn free(&self, address: Address) {
        let mut taken = self.taken();
        if let Some(count) = taken.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&address);
            }
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Address, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn an_address_has_so_many_places_and_an_ipv6_subscriber_counts_once() {
        let addresses = Addresses::default();
        assert!(addresses.take(address("192.0.2.1"), 2));
        assert!(addresses.take(address("::ffff:192.0.2.1"), 2), "the same one, written as IPv6");
        assert!(!addresses.take(address("192.0.2.1"), 2));
        assert!(addresses.take(address("192.0.2.2"), 2));
        addresses.free(address("192.0.2.1"));
        assert!(addresses.take(address("192.0.2.1"), 2));
        assert!(addresses.take(address("2001:db8:0:1::1"), 1));
        assert!(!addresses.take(address("2001:db8:0:1:ffff::2"), 1));
        assert!(addresses.take(address("2001:db8:0:2::1"), 1));
    }

    #[test]
    fn nothing_is_kept_of_addresses_that_are_gone() {
        let addresses = Addresses::default();
        for text in ["192.0.2.1", "2001:db8::1"] {
            assert!(addresses.take(address(text), 1));
            addresses.free(address(text));
        }
        assert!(addresses.taken().is_empty());
    }
}
