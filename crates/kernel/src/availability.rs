//! Whether somebody who answers wants to be asked.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a member of staff says of themselves; kept until they say something else. Only who is connected
/// *and* `online` is there to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// There, and takes new requests.
    #[default]
    Online,
    /// There, but not to be asked now.
    Away,
    /// Not there, whatever is connected.
    Offline,
}

impl Availability {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Offline => "offline",
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Availability {
    type Err = UnknownAvailability;
    fn from_str(text: &str) -> Result<Self, UnknownAvailability> {
        match text {
            "online" => Ok(Self::Online),
            "away" => Ok(Self::Away),
            "offline" => Ok(Self::Offline),
            _ => Err(UnknownAvailability),
        }
    }
}

/// A text that names no availability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an availability")]
pub struct UnknownAvailability;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_availability_is_read_from_its_own_name() {
        for one in [Availability::Online, Availability::Away, Availability::Offline] {
            assert_eq!(one.as_str().parse(), Ok(one));
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
        assert!("Online".parse::<Availability>().is_err() && "".parse::<Availability>().is_err());
    }
}
