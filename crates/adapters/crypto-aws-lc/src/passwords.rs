//! Bcrypt, off the threads that serve requests.

use std::sync::Arc;

use async_trait::async_trait;
use bcrypt::HashParts;
use identity::{Password, PasswordHash, Passwords, Verdict};
use kernel::{PortError, Secret};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task,
};

/// Hashes passwords with bcrypt.
///
/// A hash takes a quarter of a second of one core at cost 12, so only so many run at once, and only so
/// many wait: what comes on top is told to come again.
pub struct Bcrypt {
    cost: u32,
    running: Arc<Semaphore>,
    /// One permit for each who waits or runs.
    admitted: Semaphore,
    /// What is compared with where there is no hash.
    decoy: String,
}

impl Bcrypt {
    /// The cost in production.
    pub const COST: u32 = 12;
    /// How many hashes run at once.
    pub const PERMITS: usize = 2;
    /// How many may wait for each that runs: at cost 12 the last of them waits four seconds.
    const WAITING_PER_PERMIT: usize = 16;

    /// Hashes with this cost, `permits` at once.
    ///
    /// # Errors
    /// When the cost is not one of bcrypt's (4 to 31), or there is no permit.
    pub fn new(cost: u32, permits: usize) -> Result<Self, PortError> {
        if !(4..=31).contains(&cost) || permits == 0 {
            return Err(PortError::corrupt("a bcrypt cost is 4 to 31, and at least one hash has to run"));
        }
        Ok(Self {
            cost,
            running: Arc::new(Semaphore::new(permits)),
            admitted: Semaphore::new(permits * (1 + Self::WAITING_PER_PERMIT)),
            // A salt and a digest of zeros: well formed, and the hash of nothing that is known.
            decoy: format!("$2b${cost:02}${}", ".".repeat(53)),
        })
    }

    /// Runs one piece of work when its turn comes. The permit goes along with the work, so that a
    /// caller who goes away makes no room before the work is done.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PortError> {
        let _admitted: SemaphorePermit<'_> =
            self.admitted.try_acquire().map_err(|_| PortError::unavailable("too many passwords to check"))?;
        let permit = self.running.clone().acquire_owned().await.map_err(PortError::unavailable)?;
        let work = move || {
            let done = work();
            drop(permit);
            done
        };
        task::spawn_blocking(work).await.map_err(PortError::unavailable)
    }
}

#[async_trait]
impl Passwords for Bcrypt {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PortError> {
        let (password, cost) = (password.expose().to_owned(), self.cost);
        let hashed = self.run(move || hash(&password, cost)).await?;
        Ok(PasswordHash::new(hashed.map_err(PortError::corrupt)?))
    }

    async fn verify(&self, typed: &Secret, stored: Option<&PasswordHash>) -> Result<Verdict, PortError> {
        // Bcrypt would cut what is longer, and repeats what ends with a NUL: neither was ever set.
        let could_be = typed.expose().len() <= Password::MAX_BYTES && !typed.expose().contains('\0');
        let comparable = stored.filter(|_| could_be).map(|hash| hash.as_str().to_owned());
        let real = comparable.is_some();
        let against = comparable.unwrap_or_else(|| self.decoy.clone());
        let typed = typed.expose().as_bytes()[..typed.expose().len().min(Password::MAX_BYTES)].to_vec();
        let cost = self.cost;
        let compared = self.run(move || compare(&typed, &against, cost)).await?;
        let verdict = compared.map_err(PortError::corrupt)?;
        Ok(if real { verdict } else { Verdict::Different })
    }
}

/// The crate's own check refuses 72 bytes too, because there is no room for bcrypt's closing NUL then;
/// nothing is cut from them all the same.
fn hash(password: &str, cost: u32) -> Result<String, bcrypt::BcryptError> {
    match password.len() {
        Password::MAX_BYTES => bcrypt::hash(password, cost),
        _ => bcrypt::non_truncating_hash(password, cost),
    }
}

fn compare(typed: &[u8], against: &str, cost: u32) -> Result<Verdict, bcrypt::BcryptError> {
    let parts: HashParts = against.parse()?;
    let same = match typed.len() {
        Password::MAX_BYTES => bcrypt::verify(typed, against)?,
        _ => bcrypt::non_truncating_verify(typed, against)?,
    };
    Ok(match same {
        true if parts.get_cost() < cost => Verdict::SameButWeak,
        true => Verdict::Same,
        false => Verdict::Different,
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use identity::testing::contract;
    use kernel::PortErrorKind;
    use tokio::time::timeout;

    use super::*;

    const TEXT: &str = "quatre chevaux verts";

    fn password(text: &str) -> Password {
        Password::parse(&Secret::new(text), &[]).unwrap()
    }

    #[tokio::test]
    async fn the_contract_is_kept() {
        contract::passwords_keep_their_promises(&Bcrypt::new(4, 2).unwrap()).await;
    }

    #[tokio::test]
    async fn a_hash_is_salted_and_a_cheaper_one_is_weak() {
        let (cheap, dear) = (Bcrypt::new(4, 2).unwrap(), Bcrypt::new(5, 2).unwrap());
        let (one, two) = (cheap.hash(&password(TEXT)).await.unwrap(), cheap.hash(&password(TEXT)).await.unwrap());
        assert_ne!(one, two);
        assert!(one.as_str().starts_with("$2b$04$"));
        assert_eq!(dear.verify(&Secret::new(TEXT), Some(&one)).await.unwrap(), Verdict::SameButWeak);
        assert_eq!(dear.verify(&Secret::new("x"), Some(&one)).await.unwrap(), Verdict::Different);
        let strong = dear.hash(&password(TEXT)).await.unwrap();
        assert_eq!(cheap.verify(&Secret::new(TEXT), Some(&strong)).await.unwrap(), Verdict::Same);
    }

    /// Made by another implementation: Python's `crypt` module and htpasswd write such hashes.
    #[tokio::test]
    async fn hashes_of_other_systems_are_read() {
        let bcrypt = Bcrypt::new(4, 2).unwrap();
        // Test vector of the original implementation: "U*U" with cost 5.
        let hash = PasswordHash::new("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        assert_eq!(bcrypt.verify(&Secret::new("U*U"), Some(&hash)).await.unwrap(), Verdict::Same);
        assert_eq!(bcrypt.verify(&Secret::new("U*V"), Some(&hash)).await.unwrap(), Verdict::Different);
        let error = bcrypt.verify(&Secret::new("x"), Some(&PasswordHash::new("plain"))).await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Corrupt);
    }

    #[tokio::test]
    async fn no_password_is_equal_to_its_repetition() {
        let bcrypt = Bcrypt::new(4, 2).unwrap();
        let hash = bcrypt.hash(&password("k7w-q2p_zz")).await.unwrap();
        let repeated = Secret::new("k7w-q2p_zz\0k7w-q2p_zz");
        assert_eq!(bcrypt.verify(&repeated, Some(&hash)).await.unwrap(), Verdict::Different);
    }

    #[tokio::test]
    async fn a_missing_hash_takes_as_long_as_a_wrong_password() {
        let bcrypt = Bcrypt::new(8, 2).unwrap();
        let hash = bcrypt.hash(&password(TEXT)).await.unwrap();
        let (wrong_text, long_text) = (Secret::new("wrong password"), Secret::new("x".repeat(5_000)));
        let cases = [(&wrong_text, Some(&hash)), (&wrong_text, None), (&long_text, Some(&hash))];
        // The quickest of many, taken in turn: what a busy machine adds does not count.
        let mut quickest = [Duration::MAX; 3];
        for _ in 0..20 {
            for ((typed, hash), quickest) in cases.iter().zip(&mut quickest) {
                let before = Instant::now();
                bcrypt.verify(typed, *hash).await.unwrap();
                *quickest = before.elapsed().min(*quickest);
            }
        }
        let [wrong, missing, long] = quickest;
        for other in [missing, long] {
            assert!(other > wrong / 2 && other < wrong * 2, "{quickest:?}");
        }
        assert!(wrong > Duration::from_millis(1), "a comparison at cost 8 is work: {wrong:?}");
    }

    #[tokio::test]
    async fn those_who_come_on_top_are_told_to_come_again() {
        let bcrypt = Arc::new(Bcrypt::new(4, 1).unwrap());
        let hold = bcrypt.running.clone().acquire_owned().await.unwrap();
        let attempt = |bcrypt: Arc<Bcrypt>| async move { bcrypt.verify(&Secret::new(TEXT), None).await };
        let waiting: Vec<_> = (0..17).map(|_| tokio::spawn(attempt(bcrypt.clone()))).collect();
        let all_wait = async {
            while bcrypt.admitted.available_permits() > 0 {
                task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(30), all_wait).await.unwrap();
        let refused = timeout(Duration::from_secs(30), attempt(bcrypt.clone())).await.unwrap().unwrap_err();
        assert_eq!(refused.kind(), PortErrorKind::Unavailable);
        drop(hold);
        for one in waiting {
            assert_eq!(one.await.unwrap().unwrap(), Verdict::Different);
        }
        assert!(attempt(bcrypt).await.is_ok(), "there is room again");
    }

    #[test]
    fn a_cost_out_of_range_stops_the_start() {
        assert!(Bcrypt::new(3, 2).is_err() && Bcrypt::new(32, 2).is_err() && Bcrypt::new(12, 0).is_err());
    }
}
