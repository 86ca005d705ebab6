//! The ratio for which the engine has structures of its own: a look-up and the memory of its table, next to crates that find
//! the same, on 100,000 keys each. What is measured is the source of the engine itself.

mod contest;
#[expect(dead_code, reason = "the engine uses more of it")]
mod index;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use fastrand::Rng;
use hashbrown::HashMap;
use ip_network_table::IpNetworkTable;
use ipnet::Ipv4Net;
use patricia_tree::PatriciaMap;
use prefix_trie::PrefixMap;
use radix_trie::{Trie, TrieCommon as _};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use contest::{compare, contestant};
use index::Filed;

#[global_allocator]
static MEMORY: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const KEYS: usize = 100_000;
const LOOK_UPS: usize = 20_000;
const ROUNDS: usize = 31;

fn main() {
    let mut rng = Rng::with_seed(5);
    println!(
        "{KEYS} keys, medians of {ROUNDS} interleaved rounds of {LOOK_UPS} look-ups (CPU time); half of them find something\n"
    );
    exact(&mut rng);
    prefixes_of_one_length(&mut rng);
    prefixes_of_many_lengths(&mut rng);
    blocks(&mut rng);
}

fn exact(rng: &mut Rng) {
    let principal = |number: usize| format!("cluster.local/ns/n{number:06}/sa/s{number:06}").into_bytes();
    let keys: Vec<_> = (0..KEYS).map(principal).collect();
    let queries: Vec<_> = (0..LOOK_UPS).map(|_| principal(rng.usize(..2 * KEYS))).collect();
    let contestants = vec![
        contestant(
            "ours, by hash",
            || Filed::exact(&keys),
            |filed, query: &Vec<u8>| filed.matches_of_text(query),
        ),
        contestant(
            "hashbrown",
            || numbered(&keys).collect::<HashMap<Box<[u8]>, u32>>(),
            |map, query: &Vec<u8>| usize::from(map.contains_key(&query[..])),
        ),
    ];
    compare("exact texts", contestants, &queries);
}

fn numbered(keys: &[Vec<u8>]) -> impl Iterator<Item = (Box<[u8]>, u32)> {
    keys.iter().map(|key| key.clone().into_boxed_slice()).zip(0..)
}

/// A name of its own for each number, as teams and tenants have.
fn name(number: usize) -> String {
    format!(
        "{:x}",
        (number as u32).wrapping_mul(0x9e37_79b1) >> (number % 3 * 4)
    )
}

/// One prefix for each tenant, all of one length.
fn prefixes_of_one_length(rng: &mut Rng) {
    let prefix = |number: usize| format!("/tenant-{:08x}/", (number as u32).wrapping_mul(0x9e37_79b1));
    prefixes(rng, "prefixes of one length", prefix);
}

/// Prefixes under each other, of some twenty lengths.
fn prefixes_of_many_lengths(rng: &mut Rng) {
    prefixes(rng, "prefixes of many lengths", |number| match number % 4 {
        0 => format!("/tenant-{}/", name(number / 4)),
        1 => format!("/tenant-{}/items-{}/", name(number / 8), number % 8),
        2 => format!("/api/v1/team-{}/", name(number)),
        _ => format!("/api/v1/team-{}", name(number / 4)),
    });
}

fn prefixes(rng: &mut Rng, what: &str, prefix: impl Fn(usize) -> String) {
    let mut keys = BTreeSet::new();
    let mut prefixes = (0..).map(|number| prefix(number).into_bytes());
    while keys.len() < KEYS {
        keys.extend(prefixes.next());
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let queries: Vec<_> = (0..LOOK_UPS)
        .map(|_| format!("{}orders/17/lines", prefix(rng.usize(..2 * KEYS))).into_bytes())
        .collect();
    let lengths: BTreeSet<usize> = keys.iter().map(Vec::len).collect();
    let contestants = vec![
        contestant(
            "ours, by hash and length",
            || Filed::prefixes(&keys),
            |filed, query: &Vec<u8>| filed.matches_of_text(query),
        ),
        contestant(
            "hashbrown, by each length",
            || numbered(&keys).collect::<HashMap<Box<[u8]>, u32>>(),
            move |map, query: &Vec<u8>| {
                let heads = lengths.iter().filter_map(|length| query.get(..*length));
                heads.filter(|head| map.contains_key(*head)).count()
            },
        ),
        contestant(
            "patricia_tree",
            || patricia(&keys),
            |tree, query| tree.common_prefixes(query).count(),
        ),
        contestant(
            "radix_trie",
            || radix(&keys),
            |trie, query: &Vec<u8>| radix_matches(trie, query),
        ),
        contestant(
            "fst",
            || fst(&keys),
            |map, query: &Vec<u8>| fst_matches(map, query),
        ),
    ];
    compare(what, contestants, &queries);
}

fn patricia(keys: &[Vec<u8>]) -> PatriciaMap<u32> {
    keys.iter().zip(0..).collect()
}

fn radix(keys: &[Vec<u8>]) -> Trie<Vec<u8>, u32> {
    let mut trie = Trie::new();
    for (key, number) in keys.iter().zip(0..) {
        trie.insert(key.clone(), number);
    }
    trie
}

/// It finds the longest prefix; the others are longest ones of what is shorter.
fn radix_matches(trie: &Trie<Vec<u8>, u32>, query: &[u8]) -> usize {
    let mut found = 0;
    let mut left = query.to_vec();
    while let Some(key) = trie
        .get_ancestor(&left)
        .and_then(|ancestor| ancestor.key().cloned())
    {
        found += 1;
        left.truncate(key.len() - 1);
    }
    found
}

fn fst(keys: &[Vec<u8>]) -> fst::Map<Vec<u8>> {
    fst::Map::from_iter(keys.iter().zip(0..)).expect("sorted keys")
}

fn fst_matches(map: &fst::Map<Vec<u8>>, query: &[u8]) -> usize {
    let fst = map.as_fst();
    let mut node = fst.root();
    let mut found = usize::from(node.is_final());
    for byte in query {
        let Some(transition) = node.find_input(*byte) else {
            break;
        };
        node = fst.node(node.transition_addr(transition));
        found += usize::from(node.is_final());
    }
    found
}

/// Blocks in blocks, as an organisation parts its network.
fn blocks(rng: &mut Rng) {
    let mut keys = BTreeSet::new();
    while keys.len() < KEYS {
        let address = Ipv4Addr::from_bits(0x0a00_0000 | rng.u32(..1 << 24));
        let lengths = [12, 16, 20, 22, 24, 24, 24, 26, 28, 32, 32, 32];
        let length = lengths[rng.usize(..lengths.len())];
        keys.insert(Ipv4Net::new(address, length).expect("a length of IPv4").trunc());
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let address = |rng: &mut Rng| Ipv4Addr::from_bits((10 + rng.u32(..2)) << 24 | rng.u32(..1 << 24));
    let queries: Vec<_> = (0..LOOK_UPS).map(|_| address(rng)).collect();
    let contestants = vec![
        contestant(
            "ours, by bits and length",
            || Filed::blocks(&keys),
            |filed, query: &Ipv4Addr| filed.matches_of_address(*query),
        ),
        contestant(
            "prefix-trie",
            || {
                keys.iter()
                    .copied()
                    .zip(0_u32..)
                    .collect::<PrefixMap<Ipv4Net, u32>>()
            },
            |map, query| map.cover(&Ipv4Net::from(*query)).count(),
        ),
        contestant(
            "ip_network_table",
            || network_table(&keys),
            |table, query| table.matches(*query).count(),
        ),
    ];
    compare("blocks of addresses", contestants, &queries);
}

fn network_table(keys: &[Ipv4Net]) -> IpNetworkTable<u32> {
    let mut table = IpNetworkTable::new();
    for (key, number) in keys.iter().zip(0..) {
        let network = ip_network::Ipv4Network::new(key.network(), key.prefix_len()).expect("a block");
        table.insert(network, number);
    }
    table
}
