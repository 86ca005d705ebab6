//! The EnvoyFilter that `render istio` writes, carried out on a bootstrap as Istio does.

use serde_json::Value;
use spiffe_authz_tests::command;

/// Istio's name of the filter that a patch stands before.
const ROUTER: &str = "envoy.filters.http.router";
const HTTP_FILTERS: &str = "/typed_config/http_filters";

/// The EnvoyFilter for the plugin configuration in this file.
pub(crate) fn rendered(configuration: &str) -> Value {
    let image = "oci://registry.example/spiffe-authz:1.0";
    let mut arguments = vec!["render", "istio", "--config", configuration];
    arguments.extend(["--image", image, "--tcp", "5432", "--format", "json"]);
    let documents: Value = serde_json::from_str(&command::run(&arguments).unwrap()).unwrap();
    let mut items = documents["items"].as_array().unwrap().iter();
    items.find(|item| item["kind"] == "EnvoyFilter").unwrap().clone()
}

/// The bootstrap with the patches in the place of what `render envoy` puts around the filter.
pub(crate) fn patched(bootstrap: Value, envoy_filter: &Value) -> Value {
    let mut bootstrap = unpatched(bootstrap);
    for filters in network_filters(&mut bootstrap) {
        for patch in envoy_filter["spec"]["configPatches"].as_array().unwrap() {
            apply(patch, filters);
        }
    }
    bootstrap
}

/// The bootstrap with the filter, and with nothing around it.
pub(crate) fn unpatched(mut bootstrap: Value) -> Value {
    for filters in network_filters(&mut bootstrap) {
        strip(filters);
    }
    bootstrap
}

/// Those of every chain of the inbound listener.
fn network_filters(bootstrap: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    let chains = bootstrap
        .pointer_mut("/static_resources/listeners/0/filter_chains")
        .unwrap();
    let chains = chains.as_array_mut().unwrap().iter_mut();
    chains.map(|chain| chain["filters"].as_array_mut().unwrap())
}

/// Those of every chain that is for HTTP.
pub(crate) fn http_filters(bootstrap: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    network_filters(bootstrap)
        .flatten()
        .filter_map(|filter| filter.pointer_mut(HTTP_FILTERS)?.as_array_mut())
}

/// Takes out what the patches put in, and calls the router what Istio calls it.
fn strip(filters: &mut Vec<Value>) {
    filters.retain(|filter| {
        !["spiffe_authz_interlock", "spiffe_authz_direct_address"]
            .iter()
            .any(|ours| filter["name"] == *ours)
    });
    for filter in filters {
        if filter["name"] == "router" {
            filter["name"] = ROUTER.into();
        }
        if let Some(inner) = filter.pointer_mut(HTTP_FILTERS) {
            strip(inner.as_array_mut().unwrap());
        }
    }
}

/// Carries a patch out as Istio does.
fn apply(patch: &Value, filters: &mut Vec<Value>) {
    let value = patch["patch"]["value"].clone();
    if patch["patch"]["operation"] == "INSERT_FIRST" {
        filters.insert(0, value);
        return;
    }
    assert_eq!(patch["patch"]["operation"], "INSERT_BEFORE");
    let named = &patch["match"]["listener"]["filterChain"]["filter"];
    let Some(place) = filters.iter().position(|filter| filter["name"] == named["name"]) else {
        return;
    };
    match named.pointer("/subFilter/name") {
        None => filters.insert(place, value),
        Some(name) => {
            let inner = filters[place].pointer_mut(HTTP_FILTERS).unwrap();
            let inner = inner.as_array_mut().unwrap();
            let place = inner.iter().position(|filter| filter["name"] == *name).unwrap();
            inner.insert(place, value);
        }
    }
}
