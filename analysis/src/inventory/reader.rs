//! Reads an [`Inventory`] and notes everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use spiffe_authz_policy::{Document, SpiffeId};

use super::{Inventory, InventoryError, InventoryWorkload};

/// What has been found wrong so far.
#[derive(Default)]
pub(super) struct Reader {
    errors: Vec<InventoryError>,
}

type Entries = [(String, Document)];

impl Reader {
    pub(super) fn finish(self, inventory: Inventory) -> Result<Inventory, Vec<InventoryError>> {
        if self.errors.is_empty() {
            Ok(inventory)
        } else {
            Err(self.errors)
        }
    }

    pub(super) fn inventory(&mut self, document: &Document) -> Inventory {
        let mut inventory = Inventory::default();
        for (name, value) in self.fields(document, "inventory") {
            match name.as_str() {
                "spiffeIds" => inventory.spiffe_ids = Some(self.set(value, name, is_spiffe_id)),
                "namespaces" => inventory.namespaces = Some(self.set(value, name, is_name)),
                "serviceAccounts" => {
                    inventory.service_accounts = Some(self.set(value, name, is_service_account));
                }
                "workloads" => inventory.workloads = Some(self.workloads(value, name)),
                _ => self.unknown(
                    name,
                    "`spiffeIds`, `namespaces`, `serviceAccounts` or `workloads`",
                ),
            }
        }
        inventory
    }

    fn workloads(&mut self, document: &Document, at: &str) -> Vec<InventoryWorkload> {
        let list = self.list(document, at).iter().enumerate();
        list.map(|(index, workload)| self.workload(workload, &format!("{at}[{index}]")))
            .collect()
    }

    fn workload(&mut self, document: &Document, at: &str) -> InventoryWorkload {
        let mut workload = InventoryWorkload {
            namespace: String::new(),
            labels: BTreeMap::new(),
            service_account: None,
        };
        for (name, value) in self.fields(document, at) {
            let field = format!("{at}.{name}");
            match name.as_str() {
                "namespace" => workload.namespace = self.text(value, &field).to_owned(),
                "labels" => workload.labels = self.labels(value, &field),
                "serviceAccount" => workload.service_account = Some(self.text(value, &field).to_owned()),
                _ => self.unknown(&field, "`namespace`, `labels` or `serviceAccount`"),
            }
        }
        if document.field("namespace").is_none() {
            self.wrong(at, "a workload has a `namespace`");
        }
        workload
    }

    fn labels(&mut self, document: &Document, at: &str) -> BTreeMap<String, String> {
        let fields = self.fields(document, at);
        let label = |(key, value): &(String, Document)| {
            let value = self.text(value, &format!("{at}.{key}")).to_owned();
            (key.clone(), value)
        };
        fields.iter().map(label).collect()
    }

    fn set(
        &mut self,
        document: &Document,
        at: &str,
        expected: fn(&str) -> Option<&'static str>,
    ) -> BTreeSet<String> {
        let mut set = BTreeSet::new();
        for (index, element) in self.list(document, at).iter().enumerate() {
            let at = format!("{at}[{index}]");
            let Some(text) = element.as_text() else {
                self.wrong(&at, "expected a text");
                continue;
            };
            if let Some(reason) = expected(text) {
                self.wrong(&at, format!("`{text}` is not {reason}"));
            }
            set.insert(text.to_owned());
        }
        set
    }

    fn fields<'d>(&mut self, document: &'d Document, at: &str) -> &'d Entries {
        let Document::Map(entries) = document else {
            self.wrong(at, "expected a map");
            return &[];
        };
        let mut names = BTreeSet::new();
        for (name, _) in entries {
            if !names.insert(name) {
                self.wrong(at, format!("the field `{name}` is given more than once"));
            }
        }
        entries
    }

    fn list<'d>(&mut self, document: &'d Document, at: &str) -> &'d [Document] {
        document.as_list().unwrap_or_else(|| {
            self.wrong(at, "expected a list");
            &[]
        })
    }

    fn text<'d>(&mut self, document: &'d Document, at: &str) -> &'d str {
        document.as_text().unwrap_or_else(|| {
            self.wrong(at, "expected a text");
            ""
        })
    }

    fn unknown(&mut self, at: &str, expected: &str) {
        self.wrong(at, format!("unknown field, expected {expected}"));
    }

    fn wrong(&mut self, at: &str, reason: impl Display) {
        self.errors.push(InventoryError {
            at: at.to_owned(),
            reason: reason.to_string(),
        });
    }
}

/// What the text should be, unless it is.
fn is_spiffe_id(text: &str) -> Option<&'static str> {
    let valid = SpiffeId::parse(text.as_bytes()).is_ok();
    (!valid).then_some("a SPIFFE ID, such as `spiffe://cluster.local/ns/shop/sa/orders`")
}

fn is_name(text: &str) -> Option<&'static str> {
    (text.is_empty() || text.contains('/')).then_some("the name of a namespace")
}

fn is_service_account(text: &str) -> Option<&'static str> {
    let parts = text.split_once('/');
    let valid = parts
        .is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains('/'));
    (!valid).then_some("a service account, as `namespace/name`")
}
