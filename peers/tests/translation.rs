//! Every engine decides the measured requests as ours does.

use spiffe_authz_bench::documents::Distribution;
use spiffe_authz_peers::contestant::Entrant;
use spiffe_authz_peers::task::with_task;

fn decided(entrant: Entrant, distribution: Distribution, rules: usize) -> (Vec<bool>, Vec<bool>) {
    with_task(distribution, rules, |task| {
        let mut contestant = entrant.prepare(task).expect("the engine takes the rules");
        let decided = (0..task.expected.len()).map(|request| contestant.allows(request));
        (decided.collect(), task.expected.to_vec())
    })
    .expect("a document")
}

#[test]
fn every_engine_decides_every_request_as_it_is_marked() {
    for distribution in Distribution::ALL {
        for entrant in Entrant::ALL
            .into_iter()
            .filter(|entrant| entrant.takes(distribution))
        {
            for rules in [1, 10, 600] {
                let (decided, expected) = decided(entrant, distribution, rules);
                assert_eq!(decided, expected, "{} on {}", entrant.name(), distribution.name());
            }
        }
    }
}

#[test]
fn rules_are_keys_where_they_compare_values_alone() {
    let taking = Distribution::ALL
        .into_iter()
        .filter(|distribution| Entrant::RegoKeys.takes(*distribution));
    let names: Vec<&str> = taking.map(Distribution::name).collect();
    assert_eq!(names, ["principals", "paths", "hosts", "headers-and-claims"]);
}
