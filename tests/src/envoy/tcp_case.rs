//! A case as a connection: bytes go out, and come back if the application got them.

use std::net::SocketAddr;

use crate::engines::addresses::Addresses;
use crate::envoy::client::Connection;
use crate::envoy::connection_log::ConnectionLog;
use crate::envoy::echo::Echo;
use crate::envoy::identities::Identities;
use crate::envoy::plan::Job;
use crate::verdict::{Effect, Verdict};

/// What a client saw of a connection; why, the access log tells when Envoy has ended.
#[derive(Debug)]
pub(crate) struct Connected {
    /// The source in the PROXY header, by which the log names the connection.
    connection: SocketAddr,
    sent: Vec<u8>,
    received: Vec<u8>,
}

/// Opens the connection of the case under a source port of its own.
pub(crate) async fn connect(
    job: &Job,
    source_port: u16,
    identities: &Identities,
) -> Result<Connected, String> {
    let addresses = Addresses::of(&job.case.request).with_source_port(source_port);
    let opening = job.opening(addresses, identities)?;
    let sent = format!("{}\n", job.id()).into_bytes();
    let received = Connection::open(job.listen, opening)
        .await?
        .exchange(&sent)
        .await?;
    Ok(Connected {
        connection: addresses.source,
        sent,
        received,
    })
}

impl Connected {
    /// Holds what the client and the application saw against what the filter says about the connection.
    pub(crate) fn verdict(&self, log: &ConnectionLog, echo: &Echo) -> Result<Verdict, String> {
        let verdict = log
            .report(self.connection)?
            .connection_verdict()
            .map_err(|error| error.to_string())?;
        let arrivals = echo.arrivals_of(&self.sent);
        match (verdict.decision, arrivals) {
            (Effect::Deny, 0) if self.received.is_empty() => Ok(verdict),
            (Effect::Allow, 1) if self.received == self.sent => Ok(verdict),
            (Effect::Allow | Effect::Deny, _) => Err(format!(
                "{verdict}, but {} of {} bytes came back and {arrivals} connections arrived",
                self.received.len(),
                self.sent.len()
            )),
        }
    }
}
