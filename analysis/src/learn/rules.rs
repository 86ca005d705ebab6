//! [`LearnedRule`]: peers and operations of which every combination was seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::learn::cover::cover;
use crate::learn::operations::boxes;
use crate::learn::{Access, LearnedPeer, Minimality, Operation, OperationBox};

/// One rule of a policy.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LearnedRule {
    /// Who.
    pub peers: BTreeSet<LearnedPeer>,
    /// What each of them may do.
    pub operations: BTreeSet<OperationBox>,
}

/// The fewest rules that admit the accesses and nothing else.
///
/// Requests and connections have rules of their own: one with methods and paths is none on a connection (S-10).
pub(super) fn rules(accesses: &BTreeSet<Access>) -> (Vec<LearnedRule>, Minimality) {
    let is_request = |access: &Access| match access.operation {
        Operation::Http { .. } => true,
        Operation::Tcp { .. } => false,
    };
    let (requests, connections) = accesses
        .iter()
        .partition::<Vec<_>, _>(|access| is_request(access));
    let (mut rules, of_requests) = of_one_kind(&requests);
    let (of_connections, minimality) = of_one_kind(&connections);
    rules.extend(of_connections);
    (rules, of_requests.max(minimality))
}

fn of_one_kind(accesses: &[&Access]) -> (Vec<LearnedRule>, Minimality) {
    let mut relation: BTreeMap<LearnedPeer, BTreeSet<Operation>> = BTreeMap::new();
    for access in accesses {
        let operations = relation.entry(access.peer.clone()).or_default();
        operations.insert(access.operation.clone());
    }
    let (products, mut worst) = cover(&relation);
    let mut rules = BTreeSet::new();
    for (peers, operations) in products {
        let (operations, minimality) = boxes(&operations);
        worst = worst.max(minimality);
        rules.insert(LearnedRule { peers, operations });
    }
    (rules.into_iter().collect(), worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(peer: &str, method: &str, path: &str) -> Access {
        Access {
            peer: LearnedPeer::SpiffeId(peer.to_owned()),
            operation: Operation::Http {
                port: Some(80),
                method: method.to_owned(),
                path: path.to_owned(),
            },
        }
    }

    fn shown(accesses: &[Access]) -> Vec<String> {
        let (rules, _) = rules(&accesses.iter().cloned().collect());
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(",");
        let operation =
            |operation: &OperationBox| format!("{} {}", list(&operation.methods), list(&operation.paths));
        let rule = |rule: &LearnedRule| {
            let peers = rule.peers.iter().map(ToString::to_string).collect();
            let operations: Vec<String> = rule.operations.iter().map(operation).collect();
            format!("{}: {}", list(&peers), operations.join("; "))
        };
        rules.iter().map(rule).collect()
    }

    #[test]
    fn peers_that_do_the_same_share_a_rule() {
        let seen = [
            access("a", "GET", "/1"),
            access("b", "GET", "/1"),
            access("c", "GET", "/2"),
        ];
        assert_eq!(shown(&seen), ["a,b: GET /1", "c: GET /2"]);
    }

    #[test]
    fn methods_and_paths_are_merged_where_each_combination_was_seen() {
        let seen = [
            access("a", "GET", "/1"),
            access("a", "POST", "/1"),
            access("a", "GET", "/2"),
            access("a", "POST", "/2"),
            access("a", "GET", "/3"),
        ];
        assert_eq!(shown(&seen), ["a: GET /1,/2,/3; GET,POST /1,/2"]);
    }

    #[test]
    fn requests_and_connections_never_share_a_rule() {
        let connection = Access {
            peer: LearnedPeer::SpiffeId("a".to_owned()),
            operation: Operation::Tcp { port: 5432 },
        };
        let (rules, _) = rules(&[access("a", "GET", "/1"), connection].into());
        assert_eq!(rules.len(), 2);
    }
}
