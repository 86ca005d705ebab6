//! What `learn` is asked for.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;
use spiffe_authz_analysis::learn::{Generalise, IncludedCause, LearnOptions, Target};

use crate::failure::Failure;
use crate::policies::MeshArguments;

/// Learn the AuthorizationPolicies that admit what was seen, and nothing more.
///
/// Reads audit lines (bare, or in Envoy's log) and access logs. The policies go to standard output, one a workload
/// namespace; what is wide about them, and what was not learned from, to standard error. Before they are printed the engine has
/// judged them: every access that was seen is allowed, near misses are denied.
///
/// Exit codes: 0 done, 1 a file cannot be read, nothing could be learned, or the engine says otherwise than was meant.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The logs; `-` is standard input
    #[arg(value_name = "LOG", required = true)]
    pub(super) logs: Vec<PathBuf>,
    /// The name of the policy [default: `learned`, and the values of the labels]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Which segments of a path may become `{*}`
    #[arg(long, value_enum, value_name = "WHICH", default_value = "ids")]
    generalise: GeneraliseName,
    /// How many distinct values of one segment, all else being equal, make it `{*}`; 2 at least
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..))]
    generalise_at: u32,
    /// Admit what was denied for this cause as well: no policy allowed it yet
    #[arg(long, value_name = "CAUSE", value_enum)]
    include_denied: Vec<CauseName>,
    /// Admit peers without an identity, by their address
    #[arg(long)]
    include_plaintext: bool,
    /// Admit this method beside DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT
    #[arg(long, value_name = "METHOD", value_parser = method)]
    include_method: Vec<String>,
    /// Report what was seen fewer times than this; it is admitted all the same
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) min_seen: u64,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    #[command(flatten)]
    pub(super) mesh: MeshArguments,
}

const EXAMPLES: &str = "\
EXAMPLES:
  spiffe-authz learn access.log --namespace shop --labels app=orders > orders.yaml
  kubectl logs -n shop deploy/orders -c istio-proxy | spiffe-authz learn - --include-denied no-matching-allow
  spiffe-authz learn access.log --namespace shop --generalise-at 10 --report wide.json";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GeneraliseName {
    /// Those with a digit in them
    Ids,
    /// Any
    All,
    /// None: every path is admitted as it was seen
    None,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CauseName {
    /// ALLOW policies are attached and none matched
    NoMatchingAllow,
    /// No ALLOW policy is attached
    NoAllowPolicy,
}

fn method(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_token) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no method that a policy can name as it is"))
    }
}

impl Arguments {
    pub(super) fn options(&self) -> Result<LearnOptions, Failure> {
        let too_large = |error: std::num::TryFromIntError| Failure::Work(error.to_string());
        Ok(LearnOptions {
            included_causes: self.causes(),
            includes_plaintext: self.include_plaintext,
            more_methods: self.include_method.iter().cloned().collect(),
            generalise: match self.generalise {
                GeneraliseName::Ids => Generalise::Ids,
                GeneraliseName::All => Generalise::All,
                GeneraliseName::None => Generalise::Nothing,
            },
            generalise_at: usize::try_from(self.generalise_at).map_err(too_large)?,
        })
    }

    fn causes(&self) -> BTreeSet<IncludedCause> {
        let cause = |name: &CauseName| match name {
            CauseName::NoMatchingAllow => IncludedCause::NoMatchingAllow,
            CauseName::NoAllowPolicy => IncludedCause::NoAllowPolicy,
        };
        self.include_denied.iter().map(cause).collect()
    }

    /// The workload of this namespace.
    pub(super) fn target(&self, namespace: &str) -> Target {
        Target {
            namespace: namespace.to_owned(),
            labels: self.mesh.labels.iter().cloned().collect(),
            name: self.name.clone().unwrap_or_else(|| self.default_name()),
        }
    }

    /// `learned`, and the values of the labels, as far as they may stand in a name.
    fn default_name(&self) -> String {
        let may = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let values = self
            .mesh
            .labels
            .iter()
            .map(|(_, value)| value.replace(|letter| !may(letter), "-"));
        let name = values.fold("learned".to_owned(), |name, value| format!("{name}-{value}"));
        name.to_ascii_lowercase().trim_end_matches('-').to_owned()
    }

    /// The trust domain of the mesh and its other names.
    pub(super) fn trust_domains(&self) -> Vec<String> {
        let own = self
            .mesh
            .trust_domain
            .clone()
            .unwrap_or_else(|| "cluster.local".to_owned());
        std::iter::once(own)
            .chain(self.mesh.trust_domain_alias.iter().cloned())
            .collect()
    }
}
