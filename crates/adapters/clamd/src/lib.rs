#![doc = include_str!("../README.md")]

use std::{path::PathBuf, str::FromStr, time::Duration};

use async_trait::async_trait;
use chat::{FileSource, Scanner, Verdict};
use kernel::PortError;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    sync::Semaphore,
    time::timeout,
};

/// How many files are with clamd at once.
const AT_ONCE: usize = 4;
/// How long a file may be with it, its turn included.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// The longest answer, in bytes.
const LONGEST: u64 = 4 * 1024;

/// Where clamd listens: `tcp://host:port` or `unix:/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A host with a port.
    Tcp(String),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// A text that is no [`Address`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAddress;

impl FromStr for Address {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if let Some(path) = text.strip_prefix("unix:").map(|path| path.trim_start_matches("//")) {
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(InvalidAddress) };
        }
        let place = text.strip_prefix("tcp://").map(|place| place.trim_end_matches('/')).ok_or(InvalidAddress)?;
        let (host, port) = place.rsplit_once(':').ok_or(InvalidAddress)?;
        let fits = !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
        if fits { Ok(Self::Tcp(place.to_owned())) } else { Err(InvalidAddress) }
    }
}

/// [`Scanner`] by `clamd`.
#[derive(Debug)]
pub struct Clamd {
    address: Address,
    turns: Semaphore,
}

impl Clamd {
    /// One that listens there. Nothing is connected yet.
    pub fn new(address: Address) -> Self {
        Self { address, turns: Semaphore::new(AT_ONCE) }
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ping(&self) -> Result<(), PortError> {
        let answer = timeout(CONNECT, async {
            let mut stream = self.connect().await?;
            stream.write_all(b"zPING\0").await.map_err(PortError::unavailable)?;
            answer(&mut stream).await
        });
        match answer.await.map_err(PortError::unavailable)?? {
            text if text == "PONG" => Ok(()),
            text => Err(PortError::unavailable(format!("clamd answered {text}"))),
        }
    }

    async fn connect(&self) -> Result<Box<dyn Duplex>, PortError> {
        let connect = async {
            Ok::<Box<dyn Duplex>, std::io::Error>(match &self.address {
                Address::Tcp(place) => Box::new(TcpStream::connect(place).await?),
                Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
            })
        };
        timeout(CONNECT, connect).await.map_err(PortError::unavailable)?.map_err(PortError::unavailable)
    }

    async fn look(&self, file: &mut dyn FileSource) -> Result<Verdict, PortError> {
        let _turn = self.turns.acquire().await.map_err(PortError::unavailable)?;
        let mut stream = self.connect().await?;
        // It answers early and closes when it has seen enough: then the answer counts, not the broken pipe.
        let sent = send(&mut stream, file).await;
        match (answer(&mut stream).await, sent) {
            (Ok(text), _) => verdict(&text),
            (Err(_), Err(error)) | (Err(error), Ok(())) => Err(error),
        }
    }
}

#[async_trait]
impl Scanner for Clamd {
    async fn scan(&self, file: &mut dyn FileSource) -> Result<Verdict, PortError> {
        timeout(PATIENCE, self.look(file)).await.map_err(PortError::unavailable)?
    }

    async fn ping(&self) -> Result<(), PortError> {
        Self::ping(self).await
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Each piece after its length, and a length of nothing at the end.
async fn send(stream: &mut Box<dyn Duplex>, file: &mut dyn FileSource) -> Result<(), PortError> {
    let broken = |error: std::io::Error| PortError::unavailable(error);
    stream.write_all(b"zINSTREAM\0").await.map_err(broken)?;
    while let Some(piece) = file.next().await? {
        let length = u32::try_from(piece.len()).map_err(PortError::corrupt)?;
        stream.write_all(&length.to_be_bytes()).await.map_err(broken)?;
        stream.write_all(&piece).await.map_err(broken)?;
    }
    stream.write_all(&0_u32.to_be_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)
}

async fn answer(stream: &mut Box<dyn Duplex>) -> Result<String, PortError> {
    let mut text = Vec::new();
    stream.take(LONGEST).read_to_end(&mut text).await.map_err(PortError::unavailable)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.trim_end_matches(['\0', '\n']).to_owned())
}

fn verdict(answer: &str) -> Result<Verdict, PortError> {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(what) => Ok(Verdict::Found(what.to_owned())),
        None if said == "OK" => Ok(Verdict::Clean),
        // Its StreamMaxLength: the same file has the same answer each time. Other errors may pass.
        None if said.contains("size limit exceeded") && said.ends_with("ERROR") => {
            Ok(Verdict::Refused(said.to_owned()))
        }
        None => Err(PortError::unavailable(format!("clamd answered {said:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ok_is_clean() {
        assert_eq!(verdict("stream: OK").unwrap(), Verdict::Clean);
        assert_eq!(
            verdict("stream: Eicar-Test-Signature FOUND").unwrap(),
            Verdict::Found("Eicar-Test-Signature".into())
        );
        let large = "INSTREAM size limit exceeded. ERROR";
        assert_eq!(verdict(large).unwrap(), Verdict::Refused(large.to_owned()));
        for other in
            ["", "OK stream", "stream: OK ERROR", "stream: Can't allocate memory ERROR", "UNKNOWN COMMAND", "PONG"]
        {
            assert!(verdict(other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_address_is_a_host_with_a_port_or_a_path() {
        assert_eq!("tcp://127.0.0.1:3310".parse(), Ok(Address::Tcp("127.0.0.1:3310".to_owned())));
        assert_eq!("unix:/run/clamav/clamd.ctl".parse(), Ok(Address::Unix("/run/clamav/clamd.ctl".into())));
        assert_eq!("unix:///run/clamd".parse(), Ok(Address::Unix("/run/clamd".into())));
        for bad in
            ["", "clamd:3310", "tcp://", "tcp://host", "tcp://:3310", "tcp://host:0", "unix:clamd", "http://host:1"]
        {
            assert_eq!(bad.parse::<Address>(), Err(InvalidAddress), "{bad}");
        }
    }
}
