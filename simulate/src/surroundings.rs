//! [`Surroundings`]: what of a plugin configuration concerns the proxy around the filter.

use std::time::Duration;

use serde_json::Value;
use spiffe_authz_host_sim::{Clock, Properties};
use spiffe_authz_policy::RequestDocument;

use crate::dynamic_metadata;
use crate::error::SimulationError;

/// The filter state with the address at the other end of a connection.
const DIRECT_ADDRESS: &str = "spiffe_authz.direct_remote_address";
/// The filter state in which Istio hands on the peer of a waypoint.
const PEER_PRINCIPAL: &str = "io.istio.peer_principal";
/// The direct address where a request names none.
const LOOPBACK: &str = "127.0.0.1";

/// What the proxy around the filter does by its configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Surroundings {
    direct_address_key: String,
    peer_principal_key: String,
    shapes_denials: bool,
}

impl Surroundings {
    /// Those of a plugin configuration, as JSON text. One that is no JSON has those of an empty one: it is for the
    /// filter to refuse it.
    #[must_use]
    pub fn of(configuration: &str) -> Self {
        let document: Value = serde_json::from_str(configuration).unwrap_or_default();
        let key = |pointer, usual: &str| {
            let named = document.pointer(pointer).and_then(Value::as_str);
            named.unwrap_or(usual).to_owned()
        };
        Self {
            direct_address_key: key("/directRemoteAddressKey", DIRECT_ADDRESS),
            peer_principal_key: key("/svid/peerPrincipalKey", PEER_PRINCIPAL),
            shapes_denials: configuration.contains("\"denyResponse\""),
        }
    }

    /// Whether a denial may look otherwise than 403.
    #[must_use]
    pub fn shapes_denials(&self) -> bool {
        self.shapes_denials
    }

    /// What the filters in front of ours have written: the direct address, the peer that is handed on, and dynamic metadata.
    ///
    /// # Errors
    /// When the document's metadata is no map of maps.
    pub fn written_before(&self, request: &RequestDocument) -> Result<Properties, SimulationError> {
        let direct = request
            .source_ip()
            .map_or_else(|| LOOPBACK.to_owned(), |ip| ip.to_string());
        let properties = Properties::new().filter_state(&self.direct_address_key, direct);
        let properties = match request.handed_on() {
            Some(peer) => properties.filter_state(&self.peer_principal_key, peer),
            None => properties,
        };
        let Some(metadata) = request.metadata() else {
            return Ok(properties);
        };
        Ok(properties.dynamic_metadata(dynamic_metadata::metadata(metadata)?))
    }
}

/// The time of the request, and the machine's where it has none.
///
/// # Errors
/// When the time lies before 1970, where no proxy's clock stands.
pub fn clock(request: &RequestDocument) -> Result<Clock, SimulationError> {
    let Some(time) = request.time() else {
        return Ok(Clock::System);
    };
    let since_epoch =
        u64::try_from(time.unix_timestamp()).map_err(|_| SimulationError::BeforeTheEpoch { time })?;
    Ok(Clock::Fixed(Duration::new(since_epoch, time.nanosecond())))
}
