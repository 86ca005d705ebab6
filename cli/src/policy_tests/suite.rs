//! [`Suite`]: one file of policy tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::policies::Loaded;
use crate::policy_tests::case::{Case, Shared};
use crate::policy_tests::draft::Draft;
use crate::policy_tests::failure::TestsFailure;
use crate::policy_tests::fixtures::Fixtures;
use crate::policy_tests::node::{Fields, Node};
use crate::policy_tests::policy_source::{NamedWorkload, PolicySource};
use crate::policy_tests::problem::Problems;
use crate::policy_tests::table::Table;
use crate::policy_tests::workloads::{GuardedWorkload, Workloads};

/// The tests of one file, ready to be run.
#[derive(Clone, Debug)]
pub(super) struct Suite {
    pub(super) path: PathBuf,
    pub(super) source: PolicySource,
    pub(super) workloads: Workloads,
    pub(super) cases: Vec<Case>,
    pub(super) tables: Vec<Table>,
}

/// What a file says before anything of it is loaded.
struct Outline {
    source: PolicySource,
    workloads: Vec<NamedWorkload>,
}

impl Suite {
    /// Reads a file of tests and compiles the policies that it names.
    ///
    /// # Errors
    /// A file that cannot be read, or is no file of tests: every problem of it. Policies that are invalid.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let file = read_file(path)?;
        let mut problems = Problems::default();
        let fields = Node::root(file.document()).fields(&FIELDS, &mut problems);
        let outline = fields
            .as_ref()
            .and_then(|fields| Outline::read(fields, path, &file, &mut problems));
        let (Some(fields), Some(outline), true) = (fields, outline, problems.is_empty()) else {
            return Err(problems.into_failure(&file));
        };
        let workloads = outline.load()?;
        let (cases, tables) = read_tests(&fields, &workloads, &mut problems);
        if !problems.is_empty() {
            return Err(problems.into_failure(&file));
        }
        Ok(Self {
            path: path.to_owned(),
            source: outline.source,
            workloads,
            cases,
            tables,
        })
    }

    /// Every case, those of tables last.
    pub(super) fn all(&self) -> impl Iterator<Item = &Case> {
        let rows = self.tables.iter().flat_map(|table| &table.rows);
        self.cases.iter().chain(rows.flat_map(|row| &row.cells))
    }

    /// The places of the cases that are cells of tables.
    pub(super) fn cells(&self) -> BTreeSet<&str> {
        let rows = self.tables.iter().flat_map(|table| &table.rows);
        rows.flat_map(|row| &row.cells)
            .map(|case| case.at.as_str())
            .collect()
    }

    /// The files and folders of policies that a file of tests names, as far as it can be read.
    pub(super) fn files_named_in(path: &Path) -> Vec<PathBuf> {
        let mut problems = Problems::default();
        let Ok(file) = read_file(path) else {
            return Vec::new();
        };
        let fields = Node::root(file.document()).fields(&FIELDS, &mut problems);
        let outline = fields.and_then(|fields| Outline::read(&fields, path, &file, &mut problems));
        outline
            .map(|outline| outline.source.paths().to_vec())
            .unwrap_or_default()
    }
}

impl Outline {
    fn read(fields: &Fields<'_>, path: &Path, file: &Loaded, problems: &mut Problems) -> Option<Self> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let policies = fields.required("policies", "the policies that are tested", problems);
        let source = policies.and_then(|node| PolicySource::read(&node, folder, file, problems));
        if let Some(about) = fields.optional("about") {
            about.text(problems);
        }
        let workloads = match fields.optional("workloads") {
            Some(node) => read_workloads(&node, problems),
            None => Vec::new(),
        };
        Some(Self {
            source: source?,
            workloads,
        })
    }

    fn load(&self) -> Result<Workloads, Failure> {
        let loaded: Result<Vec<GuardedWorkload>, Failure> = if self.workloads.is_empty() {
            self.source.load(None).map(|only| vec![only])
        } else {
            let named = self.workloads.iter();
            named.map(|workload| self.source.load(Some(workload))).collect()
        };
        Ok(Workloads(loaded?))
    }
}

const FIELDS: [&str; 7] = [
    "about",
    "policies",
    "workloads",
    "fixtures",
    "request",
    "cases",
    "tables",
];

/// What is wrong with the text of a file of tests is no matter of policies.
fn read_file(path: &Path) -> Result<Loaded, Failure> {
    Loaded::from_document(path).map_err(|failure| {
        if let Failure::Invalid(report) = failure {
            TestsFailure::Form(report).into()
        } else {
            failure
        }
    })
}

fn read_workloads(node: &Node<'_>, problems: &mut Problems) -> Vec<NamedWorkload> {
    let entries = node.entries(problems).unwrap_or_default();
    if entries.is_empty() {
        problems.add(
            &node.at,
            "empty: name a workload, or leave the field out where the policies name theirs",
        );
    }
    let entries = entries.iter();
    entries
        .filter_map(|(name, node)| NamedWorkload::read(name, node, problems))
        .collect()
}

fn read_tests(
    fields: &Fields<'_>,
    workloads: &Workloads,
    problems: &mut Problems,
) -> (Vec<Case>, Vec<Table>) {
    let fixtures = Fixtures::read(fields, problems);
    let mut base = Draft::default();
    if let Some(request) = fields.optional("request") {
        fixtures.add(&mut base, &request, problems);
    }
    let shared = Shared {
        fixtures: &fixtures,
        workloads,
        base: &base,
    };
    let (cases, tables) = (fields.optional("cases"), fields.optional("tables"));
    let cases = list(cases.as_ref(), problems);
    let tables = list(tables.as_ref(), problems);
    if cases.is_empty() && tables.is_empty() {
        problems.add("", "there is no case: neither `cases` nor `tables` has anything");
    }
    let cases: Vec<Case> = cases
        .iter()
        .filter_map(|node| Case::read(node, shared, problems))
        .collect();
    let tables: Vec<Table> = tables
        .iter()
        .filter_map(|node| Table::read(node, shared, problems))
        .collect();
    let cells = tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| &row.cells);
    refuse_twins(cases.iter().chain(cells), problems);
    (cases, tables)
}

fn list<'d>(node: Option<&Node<'d>>, problems: &mut Problems) -> Vec<Node<'d>> {
    node.and_then(|node| node.list(problems)).unwrap_or_default()
}

/// A name says which case failed, so that no two have the same.
fn refuse_twins<'c>(cases: impl Iterator<Item = &'c Case>, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for case in cases {
        if let Some(first) = seen.insert(&case.name, &case.at) {
            let what = format!("`{}` is the name of `{first}` already", case.name);
            problems.add(&case.at, what);
        }
    }
}
