//! Casbin: a model for the conditions that occur, and one line of policy a rule; `*` stands where a rule does not ask.

use casbin::function_map::{OperatorFunction, dynamic_to_str};
use casbin::rhai::{Dynamic, INT};
use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi};

use crate::condition::{Condition, Rule};
use crate::contestant::Contestant;
use crate::facts::Facts;

/// An enforcer, and requests as its arguments.
pub struct Casbin {
    enforcer: Enforcer,
    requests: Vec<Vec<Dynamic>>,
}

impl Casbin {
    /// Loads the model and the lines of policy.
    ///
    /// # Errors
    /// What casbin says.
    pub fn new(rules: &[Rule], facts: &[Facts]) -> Result<Self, String> {
        let kinds = kinds(rules);
        let lines = rules.iter().map(|rule| line(&kinds, rule)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| error.to_string())?;
        let enforcer = runtime
            .block_on(enforcer(&model(&kinds, rules), lines))
            .map_err(|error| error.to_string())?;
        let arguments = |facts| kinds.iter().flat_map(|kind| kind.arguments(facts)).collect();
        Ok(Self {
            enforcer,
            requests: facts.iter().map(arguments).collect(),
        })
    }
}

impl Contestant for Casbin {
    fn allows(&mut self, request: usize) -> bool {
        let arguments = self.requests[request].clone();
        self.enforcer.enforce(arguments).expect("the matcher runs")
    }
}

async fn enforcer(model: &str, lines: Vec<Vec<String>>) -> casbin::Result<Enforcer> {
    let mut enforcer = Enforcer::new(DefaultModel::from_str(model).await?, ()).await?;
    enforcer.add_function("atLeast", OperatorFunction::Arg2(at_least));
    enforcer.add_policies(lines).await?;
    Ok(enforcer)
}

/// Values of policies are text, which casbin leaves to functions of the user's to read.
fn at_least(number: Dynamic, bound: Dynamic) -> Dynamic {
    let bound = dynamic_to_str(&bound).parse::<INT>();
    let holds = number
        .as_int()
        .is_ok_and(|number| bound.is_ok_and(|bound| number >= bound));
    holds.into()
}

/// A kind of condition: the same columns of the policy, the same arguments of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    Principal,
    Path,
    PathPrefix,
    PathTemplate,
    Host,
    Header(String),
    Claim(String),
    ClaimAtLeast(String),
    RemoteIp,
}

impl Kind {
    fn of(condition: &Condition) -> Self {
        match condition {
            Condition::Principal(_) => Self::Principal,
            Condition::Path(_) => Self::Path,
            Condition::PathPrefix(_) => Self::PathPrefix,
            Condition::PathTemplate { .. } => Self::PathTemplate,
            Condition::Host(_) => Self::Host,
            Condition::Header { name, .. } => Self::Header(name.clone()),
            Condition::Claim { name, .. } => Self::Claim(name.clone()),
            Condition::ClaimAtLeast { name, .. } => Self::ClaimAtLeast(name.clone()),
            Condition::RemoteIp(_) => Self::RemoteIp,
        }
    }

    /// The columns of the policy.
    fn columns(&self) -> Vec<String> {
        match self {
            Self::Principal => vec!["principal".to_owned()],
            Self::Path => vec!["path".to_owned()],
            Self::PathPrefix => vec!["prefix".to_owned()],
            Self::PathTemplate => vec!["first".to_owned(), "third".to_owned()],
            Self::Host => vec!["host".to_owned()],
            Self::Header(name) | Self::Claim(name) | Self::ClaimAtLeast(name) => vec![name.replace('-', "_")],
            Self::RemoteIp => vec!["block".to_owned()],
        }
    }

    /// The names of the arguments.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Principal | Self::Path | Self::Host => self.columns(),
            Self::Header(_) | Self::Claim(_) | Self::ClaimAtLeast(_) => self.columns(),
            Self::PathPrefix => vec!["path".to_owned()],
            Self::PathTemplate => ["first", "second", "third", "depth"].map(str::to_owned).to_vec(),
            Self::RemoteIp => vec!["ip".to_owned()],
        }
    }

    /// The arguments of a request.
    fn arguments(&self, facts: &Facts) -> Vec<Dynamic> {
        match self {
            Self::Principal => vec![text(&facts.principal)],
            Self::Path | Self::PathPrefix => vec![text(&facts.path)],
            Self::PathTemplate => vec![
                text(facts.segment(0)),
                text(facts.segment(1)),
                text(facts.segment(2)),
                number(facts.segments.len()),
            ],
            Self::Host => vec![text(&facts.host)],
            Self::Header(name) => vec![text(facts.headers[name].as_str().unwrap_or_default())],
            Self::Claim(name) => vec![text(facts.claims[name].as_str().unwrap_or_default())],
            Self::ClaimAtLeast(name) => {
                vec![number(facts.claims[name].as_i64().unwrap_or_default())]
            }
            Self::RemoteIp => vec![text(&facts.remote_ip)],
        }
    }

    /// What the matcher asks of it.
    fn test(&self) -> String {
        match self {
            Self::Principal => "r.principal == p.principal".to_owned(),
            Self::Path => "r.path == p.path".to_owned(),
            Self::PathPrefix => "keyMatch(r.path, p.prefix)".to_owned(),
            Self::PathTemplate => {
                "r.first == p.first && r.second != \"\" && r.third == p.third && r.depth > 3".to_owned()
            }
            Self::Host => "r.host == p.host".to_owned(),
            Self::Header(_) | Self::Claim(_) => {
                let column = self.columns().concat();
                format!("r.{column} == p.{column}")
            }
            Self::ClaimAtLeast(_) => {
                let column = self.columns().concat();
                format!("atLeast(r.{column}, p.{column})")
            }
            Self::RemoteIp => "ipMatch(r.ip, p.block)".to_owned(),
        }
    }
}

/// The kinds of conditions that occur, in the order in which they do.
fn kinds(rules: &[Rule]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for kind in rules.iter().flatten().map(Kind::of) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn model(kinds: &[Kind], rules: &[Rule]) -> String {
    let joined =
        |names: fn(&Kind) -> Vec<String>| kinds.iter().flat_map(names).collect::<Vec<_>>().join(", ");
    let tests: Vec<String> = kinds.iter().map(|kind| test(kind, rules)).collect();
    format!(
        "[request_definition]\nr = {}\n[policy_definition]\np = {}\n\
         [policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = {}\n",
        joined(Kind::names),
        joined(Kind::columns),
        tests.join(" && "),
    )
}

/// A kind that some rule does not ask of holds there by its star.
fn test(kind: &Kind, rules: &[Rule]) -> String {
    let asks = |rule: &Rule| rule.iter().any(|condition| Kind::of(condition) == *kind);
    if rules.iter().all(asks) {
        kind.test()
    } else {
        let column = kind.columns().swap_remove(0);
        format!("(p.{column} == \"*\" || ({}))", kind.test())
    }
}

fn line(kinds: &[Kind], rule: &Rule) -> Vec<String> {
    let cells = |kind: &Kind| {
        let condition = rule.iter().find(|condition| Kind::of(condition) == *kind);
        condition.map_or_else(|| kind.columns().iter().map(|_| "*".to_owned()).collect(), values)
    };
    kinds.iter().flat_map(cells).collect()
}

fn values(condition: &Condition) -> Vec<String> {
    match condition {
        Condition::Principal(value)
        | Condition::Path(value)
        | Condition::Host(value)
        | Condition::RemoteIp(value)
        | Condition::Header { value, .. }
        | Condition::Claim { value, .. } => vec![value.clone()],
        Condition::PathPrefix(prefix) => vec![format!("{prefix}*")],
        Condition::PathTemplate { first, third } => vec![first.clone(), third.clone()],
        Condition::ClaimAtLeast { bound, .. } => vec![bound.to_string()],
    }
}

fn text(text: &str) -> Dynamic {
    Dynamic::from(text.to_owned())
}

/// A number that the measured requests do not have is none that a rule takes.
fn number(number: impl TryInto<INT>) -> Dynamic {
    Dynamic::from_int(number.try_into().unwrap_or(INT::MIN))
}
