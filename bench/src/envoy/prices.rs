//! The price of each hostcall: what modules that make one many times add to what one that makes none adds.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use serde_json::{Value, json};
use spiffe_authz_envoy_config::interlock;

use crate::envoy::client::{Door, Question};
use crate::envoy::hostcall::{self, Hostcall};
use crate::envoy::http_version::HttpVersion;
use crate::envoy::identities::Sessions;
use crate::envoy::listener::Listener;
use crate::envoy::load::{Load, Reuse, Slice};
use crate::envoy::rounds::{Effort, rounds};
use crate::envoy::site::Ground;
use crate::envoy::summary::Summary;
use crate::envoy::transport::Transport;
use crate::envoy::wasm_filter::wasm_filter;
use crate::table::Table;

/// What a hostcall or a part of the chain costs.
#[derive(Clone, Debug)]
pub struct Price {
    /// Of what.
    pub name: String,
    /// Microseconds of CPU each time.
    pub microseconds: f64,
}

/// The table of all prices.
#[must_use]
pub fn table(prices: &[Price]) -> Table {
    let mut table = Table::new(["HTTP/1.1 over mTLS", "CPU µs"]);
    for price in prices {
        table.row([&price.name, &format!("{:.2}", price.microseconds)]);
    }
    table
}

/// All prices.
#[must_use]
pub fn json(prices: &[Price]) -> Value {
    let row = |price: &Price| json!({"name": price.name, "cpuMicroseconds": price.microseconds});
    prices.iter().map(row).collect()
}

const PLAIN: &str = "no filter";
const NO_OP: &str = "no-op Wasm filter";
const SAYS_THE_WORD: &str = "says the word of the interlock";
const INTERLOCK: &str = "interlock behind it";
const PEER: &str = "spiffe://cluster.local/ns/shop/sa/frontend";

/// Measures all prices.
///
/// # Errors
/// When Envoy does not serve, or a request is not answered as it must be.
pub async fn prices(effort: Effort) -> Result<Vec<Price>, String> {
    let ground = Ground::new()?;
    let listeners = listeners(&ground)?;
    let site = ground.start(&listeners, &[]).await?;
    let tls = ground
        .identities
        .client(Some(PEER), HttpVersion::Http1, Sessions::New)?;
    let tls = Arc::new(tls);
    let mut loads = Vec::new();
    for listener in &listeners {
        let mut load = load(site.address(&listener.name)?, Arc::clone(&tls));
        load.check(200).await?;
        loads.push(load);
    }
    let slices = rounds(&site.process, &mut loads, effort).await?;
    Ok(priced(&listeners, &slices))
}

fn load(address: SocketAddr, tls: Arc<ClientConfig>) -> Load {
    let door = Door {
        address,
        tls: Some(tls),
        version: HttpVersion::Http1,
    };
    let question = Question {
        host: "orders.shop".to_owned(),
        path: "/orders/1".to_owned(),
    };
    Load::new(Reuse::KeepAlive, [(door, question)])
}

fn listeners(ground: &Ground) -> Result<Vec<Listener>, String> {
    let filter = |name: &str, text: &str| -> Result<Value, String> {
        let file: String = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        Ok(wasm_filter(name, &ground.module(&file, text)?, &json!({})))
    };
    let word = filter(SAYS_THE_WORD, &hostcall::opens_interlock())?;
    let mut chains = vec![
        (PLAIN.to_owned(), Vec::new()),
        (NO_OP.to_owned(), vec![filter(NO_OP, &hostcall::no_op())?]),
        (SAYS_THE_WORD.to_owned(), vec![word.clone()]),
        (INTERLOCK.to_owned(), vec![word, interlock::http_filter()]),
    ];
    for hostcall in Hostcall::ALL {
        let name = hostcall.name();
        let filter = filter(&name, &hostcall.module())?;
        chains.push((name, vec![filter]));
    }
    let listener = |(name, http_filters)| Listener {
        name,
        transport: Transport::MutualTls(Sessions::New),
        http_filters,
    };
    Ok(chains.into_iter().map(listener).collect())
}

fn priced(listeners: &[Listener], slices: &[Vec<Slice>]) -> Vec<Price> {
    let cpu = |name: &str| {
        let named = listeners
            .iter()
            .zip(slices)
            .find(|(listener, _)| listener.name == name);
        named.map_or(f64::NAN, |(_, slices)| Summary::new(slices).cpu)
    };
    let price = |name: &str, microseconds| Price {
        name: name.to_owned(),
        microseconds,
    };
    let mut prices = vec![
        price("a request without a filter", cpu(PLAIN)),
        price(NO_OP, cpu(NO_OP) - cpu(PLAIN)),
        price(SAYS_THE_WORD, cpu(SAYS_THE_WORD) - cpu(NO_OP)),
        price(INTERLOCK, cpu(INTERLOCK) - cpu(SAYS_THE_WORD)),
    ];
    for hostcall in Hostcall::ALL {
        let name = hostcall.name();
        let each = (cpu(&name) - cpu(NO_OP)) / hostcall.times() as f64;
        prices.push(price(&name, each));
    }
    prices
}
