//! Peers: SPIFFE IDs at the boundaries of what policies say about them, and certificates that show none.

use std::collections::BTreeSet;

use spiffe_authz_policy::StatedKey;

use crate::difference::fragment::Fragment;

/// How many SPIFFE IDs are made of parts at most.
const MOST_COMBINED: usize = 20_000;
const SCHEME: &str = "spiffe://";

/// Adds a part of a SPIFFE ID.
type Adder = fn(&mut Parts, String);

/// The parts of SPIFFE IDs that policies name, and the whole ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    trust_domains: Vec<String>,
    namespaces: BTreeSet<String>,
    accounts: BTreeSet<String>,
    /// Namespace and service account.
    pairs: BTreeSet<(String, String)>,
    ids: BTreeSet<String>,
}

impl Parts {
    /// `trust_domains` are those of the mesh, the first one its own.
    pub(super) fn new(trust_domains: Vec<String>) -> Self {
        Self {
            trust_domains,
            ..Self::default()
        }
    }

    /// Adds a value that identities are compared with.
    pub(super) fn add(&mut self, key: &StatedKey, value: &str) {
        let filled = ["", "x"].map(|filling| value.replace('*', filling));
        if *key == StatedKey::Namespaces {
            self.namespaces.extend(filled);
        } else if *key == StatedKey::TrustDomains {
            self.trust_domains.extend(filled);
        } else if *key == StatedKey::ServiceAccounts {
            let (namespace, name) = value.split_once('/').unwrap_or(("default", value));
            self.pairs.insert((namespace.to_owned(), name.to_owned()));
        } else {
            self.add_principal(value);
        }
    }

    /// Adds a SPIFFE ID, with or without its scheme, perhaps with a star at an end.
    pub(super) fn add_principal(&mut self, value: &str) {
        let value = value.strip_prefix(SCHEME).unwrap_or(value);
        if value == "*" {
            // Any.
        } else if let Some(suffix) = value.strip_prefix('*') {
            self.add_suffix(suffix);
        } else if let Some(prefix) = value.strip_suffix('*') {
            self.add_prefix(prefix);
        } else {
            self.ids.insert(format!("{SCHEME}{value}"));
            if let Some((_, path)) = value.split_once('/') {
                let others = self.trust_domains.iter();
                let others: Vec<String> = others.map(|domain| format!("{SCHEME}{domain}/{path}")).collect();
                self.ids.extend(others);
            }
        }
    }

    fn add_prefix(&mut self, prefix: &str) {
        let parts: Vec<&str> = prefix.split('/').collect();
        let last = parts.len().saturating_sub(1);
        let given = |index: usize| parts.get(index).copied().filter(|part| !part.is_empty());
        let adders: [(usize, Adder); 3] = [
            (0, Self::add_trust_domain),
            (2, Self::add_namespace),
            (4, Self::add_account),
        ];
        for (index, add) in adders {
            if let Some(part) = given(index) {
                add(self, part.to_owned());
                if index == last {
                    add(self, format!("{part}x"));
                }
            }
        }
        let rest = [
            "x/ns/other/sa/other",
            "ns/other/sa/other",
            "other/sa/other",
            "sa/other",
            "other",
        ];
        if let Some(rest) = rest.get(last) {
            self.ids.insert(format!("{SCHEME}{prefix}{rest}"));
        }
    }

    fn add_suffix(&mut self, suffix: &str) {
        let parts: Vec<&str> = suffix.rsplit('/').collect();
        let last = parts.len().saturating_sub(1);
        let given = |index: usize| parts.get(index).copied().filter(|part| !part.is_empty());
        let adders: [(usize, Adder); 3] = [
            (4, Self::add_trust_domain),
            (2, Self::add_namespace),
            (0, Self::add_account),
        ];
        for (index, add) in adders {
            if let Some(part) = given(index) {
                add(self, part.to_owned());
                if index == last {
                    add(self, format!("x{part}"));
                }
            }
        }
    }

    fn add_trust_domain(&mut self, name: String) {
        self.trust_domains.push(name);
    }

    fn add_namespace(&mut self, name: String) {
        self.namespaces.insert(name);
    }

    fn add_account(&mut self, name: String) {
        self.accounts.insert(name);
    }

    /// What `source.namespace`, `source.serviceAccount` and `source.trustDomain` may be, for names in paths.
    pub(super) fn texts(&self, attribute: &str) -> Vec<String> {
        let place = match attribute {
            "source.namespace" => 4,
            "source.serviceAccount" => 6,
            _ => 2,
        };
        let mut texts: BTreeSet<String> = BTreeSet::new();
        for id in self.all_ids().0.iter().take(2000) {
            texts.extend(id.split('/').nth(place).map(str::to_owned));
        }
        texts.insert("other".to_owned());
        texts.into_iter().take(50).collect()
    }

    /// The peers, those that people know first, and whether there were too many combinations.
    pub(super) fn peers(&self) -> (Vec<Fragment>, bool) {
        let (ids, is_bounded) = self.all_ids();
        let home = self.trust_domains.first().cloned().unwrap_or_default();
        let mut peers: Vec<Fragment> = ids.into_iter().map(|id| Fragment::UriSans(vec![id])).collect();
        let workload = format!("{SCHEME}{home}/ns/other/sa/other");
        peers.extend(
            [
                vec![format!("{SCHEME}{home}/workload")],
                Vec::new(),
                vec!["not a SPIFFE ID".to_owned()],
                vec![workload.clone(), format!("{workload}-2")],
            ]
            .map(Fragment::UriSans),
        );
        (peers, is_bounded)
    }

    fn all_ids(&self) -> (Vec<String>, bool) {
        let fresh = |set: &BTreeSet<String>| {
            let mut all: Vec<String> = set.iter().filter(|part| !part.is_empty()).cloned().collect();
            all.push(unused("other", set));
            all
        };
        let (namespaces, accounts) = (fresh(&self.namespaces), fresh(&self.accounts));
        let mut domains: Vec<String> = Vec::new();
        let others = ["other.example".to_owned()];
        for domain in self.trust_domains.iter().chain(&others) {
            if !domain.is_empty() && !domains.contains(domain) {
                domains.push(domain.clone());
            }
        }
        let parts = namespaces
            .len()
            .saturating_mul(accounts.len())
            .saturating_mul(domains.len());
        let is_bounded = parts > MOST_COMBINED;
        let mut ids: Vec<String> = self.ids.iter().cloned().collect();
        let mut add = |domain: &str, namespace: &str, account: &str| {
            ids.push(format!("{SCHEME}{domain}/ns/{namespace}/sa/{account}"));
        };
        for domain in &domains {
            for (namespace, account) in &self.pairs {
                add(domain, namespace, account);
            }
            for namespace in &namespaces {
                for account in &accounts {
                    let is_edge = Some(namespace) == namespaces.last() || Some(account) == accounts.last();
                    if !is_bounded || is_edge {
                        add(domain, namespace, account);
                    }
                }
            }
        }
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        (ids, is_bounded)
    }
}

fn unused(word: &str, taken: &BTreeSet<String>) -> String {
    let mut name = word.to_owned();
    while taken.contains(&name) {
        name.push('x');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(values: &[(StatedKey, &str)]) -> Vec<String> {
        let mut parts = Parts::new(vec!["cluster.local".to_owned()]);
        values.iter().for_each(|(key, value)| parts.add(key, value));
        parts.all_ids().0
    }

    #[test]
    fn a_namespace_and_a_suffix_of_principals_have_a_peer_of_both() {
        let ids = ids(&[
            (StatedKey::Namespaces, "shop"),
            (StatedKey::Principals, "*/sa/admin"),
        ]);
        assert!(
            ids.contains(&"spiffe://cluster.local/ns/shop/sa/admin".to_owned()),
            "{ids:?}"
        );
    }

    #[test]
    fn a_prefix_that_ends_within_an_account_has_peers_at_and_behind_it() {
        let ids = ids(&[(StatedKey::Principals, "cluster.local/ns/shop/sa/front*")]);
        for account in ["front", "frontx", "other"] {
            assert!(
                ids.contains(&format!("spiffe://cluster.local/ns/shop/sa/{account}")),
                "{ids:?}"
            );
        }
    }
}
