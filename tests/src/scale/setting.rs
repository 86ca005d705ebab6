//! [`Setting`]: what is measured.

use clap::Args;

use crate::discovery::bootstrap::Protocol;

/// What is measured: so many proxies that follow a policy set of this size.
#[derive(Args, Clone, Debug)]
pub struct Setting {
    /// How many rules the policy set has.
    #[arg(long)]
    pub rules: usize,
    /// How many simulated proxies follow it.
    #[arg(long)]
    pub subscribers: usize,
    /// The variant of the protocol that they speak.
    #[arg(long, value_parser = protocol)]
    pub protocol: Protocol,
    /// Who else follows it.
    #[arg(long, value_parser = beside)]
    pub beside: Beside,
}

/// Who follows the policy set beside the simulated proxies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Beside {
    /// Nobody.
    Nobody,
    /// A real Envoy with the filter.
    Envoy,
}

impl Setting {
    /// The setting as the arguments of a command, which reads them as this type.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let beside = match self.beside {
            Beside::Nobody => NOBODY,
            Beside::Envoy => ENVOY,
        };
        let named = [
            ("rules", self.rules.to_string()),
            ("subscribers", self.subscribers.to_string()),
            ("protocol", self.protocol_name().to_owned()),
            ("beside", beside.to_owned()),
        ];
        let argument = |(name, value): (&str, String)| format!("--{name}={value}");
        named.into_iter().map(argument).collect()
    }

    /// The name of the variant in arguments and tables.
    #[must_use]
    pub fn protocol_name(&self) -> &'static str {
        match self.protocol {
            Protocol::StateOfTheWorld => STATE_OF_THE_WORLD,
            Protocol::Delta => DELTA,
        }
    }
}

const STATE_OF_THE_WORLD: &str = "state-of-the-world";
const DELTA: &str = "delta";
const NOBODY: &str = "nobody";
const ENVOY: &str = "envoy";

fn protocol(text: &str) -> Result<Protocol, String> {
    match text {
        STATE_OF_THE_WORLD => Ok(Protocol::StateOfTheWorld),
        DELTA => Ok(Protocol::Delta),
        _ => Err(format!(
            "`{text}` is neither `{STATE_OF_THE_WORLD}` nor `{DELTA}`"
        )),
    }
}

fn beside(text: &str) -> Result<Beside, String> {
    match text {
        NOBODY => Ok(Beside::Nobody),
        ENVOY => Ok(Beside::Envoy),
        _ => Err(format!("`{text}` is neither `{NOBODY}` nor `{ENVOY}`")),
    }
}
