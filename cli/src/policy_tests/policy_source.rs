//! [`PolicySource`]: the policies that a file of tests names.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use spiffe_authz_policy::Document;

use crate::failure::Failure;
use crate::policies::{CustomName, Loaded, MeshArguments, ProfileName};
use crate::policy_tests::node::{Fields, Node, quoted};
use crate::policy_tests::problem::Problems;
use crate::policy_tests::workloads::GuardedWorkload;

/// Where the policies are.
#[derive(Clone, Debug)]
pub(super) enum PolicySource {
    /// A plugin configuration.
    Configuration(PathBuf, MeshArguments),
    /// Istio documents.
    Istio(Vec<PathBuf>, MeshArguments),
    /// In the file of tests itself.
    Inline(Box<Loaded>),
}

/// A workload that a file names.
#[derive(Clone, Debug)]
pub(super) struct NamedWorkload {
    pub(super) name: String,
    namespace: String,
    labels: Vec<(String, String)>,
}

/// The three ways to name policies.
const WAYS: [&str; 3] = ["config", "files", "configuration"];

/// What the documents do not say, as the flags of the same names have it.
const MESH: [&str; 7] = [
    "profile",
    "trustDomain",
    "trustDomainAliases",
    "rootNamespace",
    "namespace",
    "labels",
    "custom",
];

impl PolicySource {
    /// Reads `policies` of the file; the paths are beside it, in `folder`.
    pub(super) fn read(
        node: &Node<'_>,
        folder: &Path,
        file: &Loaded,
        problems: &mut Problems,
    ) -> Option<Self> {
        let known = [WAYS.as_slice(), MESH.as_slice()].concat();
        let fields = node.fields(&known, problems)?;
        let given = fields.given(&WAYS);
        if given.len() != 1 {
            let what = "policies come from one of `config` (a plugin configuration), `files` (Istio documents) and \
                        `configuration` (a plugin configuration that stands here)";
            problems.add(&node.at, what);
            return None;
        }
        if fields.optional("configuration").is_some() {
            let beside = fields.given(&MESH);
            if !beside.is_empty() {
                let what = format!("{} stands in `configuration` itself", quoted(beside));
                problems.add(&node.at, what);
            }
            return Some(Self::Inline(Box::new(file.clone())));
        }
        let mesh = read_mesh(&fields, problems);
        match fields.optional("config") {
            Some(config) => Some(Self::Configuration(read_path(&config, folder, problems)?, mesh)),
            None => Some(Self::Istio(read_paths(&fields, folder, problems)?, mesh)),
        }
    }

    /// The policies, for a workload that the file names, or for the one that they name themselves.
    pub(super) fn load(&self, workload: Option<&NamedWorkload>) -> Result<GuardedWorkload, Failure> {
        let loaded = match self {
            Self::Configuration(path, mesh) => {
                Loaded::from_configuration(path, &with_workload(mesh, workload))?
            }
            Self::Istio(paths, mesh) => Loaded::from_istio(paths, &with_workload(mesh, workload))?,
            Self::Inline(file) => {
                let mesh = with_workload(&MeshArguments::default(), workload);
                let inline = file.configuration_in(["policies", "configuration"], &mesh);
                inline.unwrap_or_else(|| file.as_ref().clone())
            }
        };
        Ok(GuardedWorkload {
            name: workload.map(|workload| workload.name.clone()),
            policies: loaded.policy_set()?,
            configuration: loaded,
        })
    }

    /// The files and folders that are read.
    pub(super) fn paths(&self) -> &[PathBuf] {
        match self {
            Self::Configuration(path, _) => std::slice::from_ref(path),
            Self::Istio(paths, _) => paths,
            Self::Inline(_) => &[],
        }
    }
}

impl NamedWorkload {
    /// Reads one of `workloads`.
    pub(super) fn read(name: &str, node: &Node<'_>, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&["namespace", "labels"], problems)?;
        let namespace = fields.required("namespace", "the namespace of the workload", problems);
        Some(Self {
            name: name.to_owned(),
            namespace: namespace?.text(problems)?.to_owned(),
            labels: read_labels(&fields, problems),
        })
    }
}

fn with_workload(mesh: &MeshArguments, workload: Option<&NamedWorkload>) -> MeshArguments {
    let mut mesh = mesh.clone();
    if let Some(workload) = workload {
        mesh.namespace = Some(workload.namespace.clone());
        mesh.labels = workload.labels.clone();
    }
    mesh
}

fn read_mesh(fields: &Fields<'_>, problems: &mut Problems) -> MeshArguments {
    let text = |name: &str, problems: &mut Problems| {
        let node = fields.optional(name)?;
        node.text(problems).map(str::to_owned)
    };
    let aliases = fields.optional("trustDomainAliases");
    let mesh = MeshArguments {
        profile: word::<ProfileName>(fields, "profile", problems),
        trust_domain: text("trustDomain", problems),
        trust_domain_alias: aliases.and_then(|node| node.texts(problems)).unwrap_or_default(),
        root_namespace: text("rootNamespace", problems),
        namespace: text("namespace", problems),
        labels: read_labels(fields, problems),
        custom: word::<CustomName>(fields, "custom", problems),
    };
    if mesh.namespace.is_none() && !mesh.labels.is_empty() {
        problems.add(
            format!("{}.labels", fields.at),
            "labels of a workload whose `namespace` is missing beside them",
        );
    }
    mesh
}

/// One of the words that the flag of the same name takes.
fn word<T: ValueEnum>(fields: &Fields<'_>, name: &str, problems: &mut Problems) -> Option<T> {
    let node = fields.optional(name)?;
    let word = T::from_str(node.text(problems)?, false).ok();
    if word.is_none() {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()))
            .collect();
        node.expected(
            &format!("one of {}", quoted(known.iter().map(String::as_str))),
            problems,
        );
    }
    word
}

fn read_labels(fields: &Fields<'_>, problems: &mut Problems) -> Vec<(String, String)> {
    let entries = fields.optional("labels").and_then(|node| node.entries(problems));
    let label = |(key, node): (&str, Node<'_>)| match node.document {
        Document::String(value) => Some((key.to_owned(), value.clone())),
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::List(_) | Document::Map(_) => {
            node.expected("text (write it in quotes)", problems);
            None
        }
    };
    entries
        .unwrap_or_default()
        .into_iter()
        .filter_map(label)
        .collect()
}

fn read_paths(fields: &Fields<'_>, folder: &Path, problems: &mut Problems) -> Option<Vec<PathBuf>> {
    let node = fields.optional("files")?;
    let nodes = node.list(problems)?;
    if nodes.is_empty() {
        problems.add(&node.at, "empty: a file or a folder of Istio documents");
    }
    nodes
        .iter()
        .map(|node| read_path(node, folder, problems))
        .collect()
}

fn read_path(node: &Node<'_>, folder: &Path, problems: &mut Problems) -> Option<PathBuf> {
    let path = node.text(problems)?;
    if path == "-" {
        problems.add(&node.at, "policies of a test cannot come from standard input");
        return None;
    }
    Some(folder.join(path))
}
