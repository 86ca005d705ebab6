//! `ambiguousPaths`: the classes of doubtful paths that are let through to the policies (profile zero-trust).

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, read_list};
use crate::config::values::text;
use crate::path_class::{PathClass, PathClasses};
use crate::profile::Profile;

const SECTION: &str = "ambiguousPaths";

/// The section; without it nothing is allowed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AmbiguousPaths {
    pub(crate) allowed: PathClasses,
}

/// Reads the section of a plugin configuration.
pub(crate) fn read_ambiguous_paths(
    configuration: &mut Fields<'_, '_>,
    profile: Profile,
    problems: &mut Problems,
) -> AmbiguousPaths {
    if configuration.has(SECTION) && profile == Profile::Istio {
        let why = "profile istio takes every path as it comes, as Istio does; leave the section out";
        problems.add(&FieldPath::Root.field(SECTION), ConfigErrorKind::Conflict(why));
    }
    configuration
        .optional(SECTION, problems, read_section)
        .unwrap_or_default()
}

fn read_section(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<AmbiguousPaths> {
    let mut fields = Fields::of(document, at, problems)?;
    let what = "the classes that are allowed; leave the section out for none";
    let allowed = fields.required("allow", what, problems, read_classes);
    fields.finish(problems);
    Some(AmbiguousPaths { allowed: allowed? })
}

fn read_classes(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<PathClasses> {
    let classes = read_list(document, at, problems, read_class)?;
    Some(classes.into_iter().map(|(_, class)| class).collect())
}

fn read_class(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<PathClass> {
    let name = text(document, at, problems)?;
    let class = PathClass::from_name(&name);
    if class.is_none() {
        let names = PathClass::ALL.map(PathClass::name).join(", ");
        problems.invalid(at, &name, format!("a class of ambiguous paths: {names}"));
    }
    class
}
