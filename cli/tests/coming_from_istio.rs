//! The page "Coming from Istio": what it says of each example, the engine decides.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a failed test panics"
)]

use spiffe_authz_policy::{Document, PolicySet, RequestDocument};

const PAGE: &str = include_str!("../../docs/coming-from-istio.md");

/// An example: documents, a request, and the decision and the cause in each profile.
#[derive(Debug, Default)]
struct Example {
    title: String,
    documents: String,
    request: String,
    decisions: Vec<(String, String, String)>,
}

/// The examples of the section on the profiles.
fn examples() -> Vec<Example> {
    let section = PAGE
        .split("\n## ")
        .find(|section| section.starts_with("What the profiles"))
        .unwrap();
    let mut examples: Vec<Example> = Vec::new();
    let (mut title, mut documents) = (String::new(), String::new());
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let mut block = || {
            lines
                .by_ref()
                .take_while(|line| *line != "```")
                .collect::<Vec<_>>()
                .join("\n")
        };
        if let Some(heading) = line.strip_prefix("### ") {
            title = heading.to_owned();
        } else if line == "```yaml" {
            documents = block();
        } else if line == "```json" {
            examples.push(Example {
                title: title.clone(),
                documents: documents.clone(),
                request: block(),
                decisions: Vec::new(),
            });
        } else if line.starts_with("| `") {
            let cells: Vec<String> = line.split('|').map(|cell| cell.trim().replace('`', "")).collect();
            let decision = (cells[1].clone(), cells[2].clone(), cells[3].clone());
            examples.last_mut().unwrap().decisions.push(decision);
        }
    }
    examples
}

/// The configuration of an example in a profile.
fn policies(example: &Example, profile: &str) -> PolicySet {
    let documents: Vec<Document> = serde_saphyr::from_multiple(&example.documents).unwrap();
    let resources = documents
        .into_iter()
        .filter(|document| document.field("kind").is_some());
    let text = |text: &str| Document::String(text.to_owned());
    let workload: Document = serde_saphyr::from_str("{namespace: shop, labels: {app: orders}}").unwrap();
    let configuration = Document::Map(vec![
        ("profile".to_owned(), text(profile)),
        ("workload".to_owned(), workload),
        ("resources".to_owned(), Document::List(resources.collect())),
    ]);
    PolicySet::from_document(&configuration, None)
        .unwrap_or_else(|errors| panic!("{}: {errors}", example.title))
}

#[test]
fn each_example_is_decided_as_the_page_says() {
    for example in examples() {
        for (profile, decision, cause) in &example.decisions {
            let policies = policies(&example, profile);
            let request = RequestDocument::from_json(example.request.as_bytes()).unwrap();
            let decided = request.with_request(|request| {
                let decided = policies.decide(request);
                (decided.effect().to_owned(), decided.code().to_owned())
            });
            assert_eq!(
                decided,
                (decision.clone(), cause.clone()),
                "{} in {profile}",
                example.title
            );
        }
    }
}

#[test]
fn every_example_tells_the_decision_of_both_profiles() {
    let examples = examples();
    assert!(examples.len() >= 12, "{} examples", examples.len());
    for example in examples {
        let profiles: Vec<&str> = example
            .decisions
            .iter()
            .map(|(profile, ..)| profile.as_str())
            .collect();
        assert_eq!(profiles, ["istio", "zero-trust"], "{}", example.title);
    }
}

#[test]
fn what_the_page_calls_different_is_different() {
    for example in examples()
        .iter()
        .filter(|example| example.title != "What is the same")
    {
        let [istio, zero_trust] = &example.decisions[..] else {
            panic!("two profiles: {}", example.title);
        };
        assert_ne!(istio.1, zero_trust.1, "{}", example.title);
    }
}
