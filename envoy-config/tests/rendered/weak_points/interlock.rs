//! Changes of the interlock.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::interlock;
use spiffe_authz_envoy_config::weak_points::WeakPoint;

use super::mutation::{CHAIN, MANAGER, Mutation, a_lua_filter, at, http, list, mutation, tcp, without};

pub(super) fn of_its_place() -> Vec<Mutation> {
    let filters = format!("{MANAGER}/http_filters");
    let config = format!("{filters}/1/typed_config");
    vec![
        without(
            "no interlock",
            WeakPoint::InterlockMissing,
            http(),
            filters.clone(),
            "1",
        ),
        without(
            "no interlock of connections",
            WeakPoint::InterlockMissing,
            tcp(),
            format!("{CHAIN}/filters"),
            "2",
        ),
        mutation(
            "the interlock in front",
            WeakPoint::InterlockMissing,
            filters.clone(),
            http(),
            {
                let filters = filters.clone();
                move |document| list(document, &filters).swap(0, 1)
            },
        ),
        mutation(
            "a filter between",
            WeakPoint::InterlockNotRightBehind,
            format!("{filters}/2"),
            http(),
            {
                let filters = filters.clone();
                move |document| list(document, &filters).insert(1, a_lua_filter())
            },
        ),
        mutation(
            "shadow rules",
            WeakPoint::InterlockShadowOnly,
            config.clone(),
            http(),
            {
                let config = config.clone();
                move |document| {
                    let rules = at(document, &config)["rules"].take();
                    at(document, &config)["shadow_rules"] = rules;
                }
            },
        ),
    ]
}

pub(super) fn of_its_rules() -> Vec<Mutation> {
    let config = format!("{MANAGER}/http_filters/1/typed_config");
    let policy = format!("{config}/rules/policies/{}", interlock::NAME);
    let too_wide = |name, pointer: String, value: Value| {
        let place = format!("{config}/rules");
        mutation(
            name,
            WeakPoint::InterlockTooWide,
            place,
            http(),
            move |document| {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                at(document, parent)[name] = value.clone();
            },
        )
    };
    vec![
        too_wide("logs", format!("{config}/rules/action"), json!("LOG")),
        too_wide("denies", format!("{config}/rules/action"), json!(1)),
        mutation(
            "anybody",
            WeakPoint::InterlockTooWide,
            format!("{config}/rules"),
            http(),
            {
                let principals = format!("{policy}/principals");
                move |document| list(document, &principals).push(json!({"any": true}))
            },
        ),
        too_wide(
            "the word of connections",
            format!("{policy}/principals/0/filter_state/string_match/exact"),
            json!(interlock::ALLOW_CONNECTION),
        ),
        too_wide(
            "a prefix of the word",
            format!("{policy}/principals/0/filter_state/string_match"),
            json!({"prefix": "a"}),
        ),
    ]
}
