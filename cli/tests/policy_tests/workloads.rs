//! One file that asks several workloads.

use snapbox::file;

use super::*;

/// Each workload has its own policies.
pub(crate) const WORKLOADS: &str = r#"
policies: {files: [policies], trustDomain: shop.example, profile: istio}
workloads:
  orders: {namespace: shop, labels: {app: orders}}
  cart: {namespace: shop, labels: {app: cart}}
request: {peer: {spiffeId: "spiffe://shop.example/ns/shop/sa/frontend"}, method: GET}
cases:
  - {name: the frontend may ask orders, workload: orders, request: {}, expect: {cause: matched-allow, policy: shop/orders}}
  - {name: nothing speaks for the cart, workload: cart, request: {}, expect: no-allow-policy}
tables:
  - name: by workload
    columns: [{name: orders, workload: orders}, {name: cart, workload: cart}]
    rows:
      - {name: GET, cells: [allow, allow]}
      - {name: PUT, request: {method: PUT}, cells: [deny, allow]}
"#;

const ISTIO: &str = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules:
    - from: [{source: {principals: ["shop.example/ns/shop/sa/frontend"]}}]
      to: [{operation: {methods: [GET]}}]
"#;

#[test]
fn one_file_asks_several_workloads_of_istio_documents() {
    let folder = Folder::new(&[("shop.test.yaml", WORKLOADS), ("policies/orders.yaml", ISTIO)]);
    folder
        .run(&["--fail-under", "100"])
        .code(0)
        .stdout_eq(file!["../snapshots/test/workloads.stdout"]);
}

#[test]
fn a_case_has_to_say_which_of_several_workloads_it_asks() {
    let unclear = WORKLOADS.replace("name: the frontend may ask orders, workload: orders,", "name: a,");
    let unknown = WORKLOADS.replace("workload: cart, request", "workload: card, request");
    let folder = Folder::new(&[
        ("unclear.test.yaml", &unclear),
        ("unknown.test.yaml", &unknown),
        ("policies/orders.yaml", ISTIO),
    ]);
    folder.run(&[]).code(1).stderr_eq(str![[r#"
error[policy-test]: cases[0].workload: missing: which workload is asked; there are `orders`, `cart`
 --> unclear.test.yaml:8:6
  |
8 |   - {name: a, request: {}, expect: {cause: matched-allow, policy: shop/orders}}
  |      ^^^^
  |
  = note: at `cases[0].workload`

1 error in 1 document of 1 file
error[policy-test]: cases[1].workload: no workload of the name `card` in `workloads`: there are `orders`, `cart`
 --> unknown.test.yaml:9:51
  |
9 |   - {name: nothing speaks for the cart, workload: card, request: {}, expect: no-allow-policy}
  |                                                   ^^^^
  |
  = note: at `cases[1].workload`

1 error in 1 document of 1 file

"#]]);
}
