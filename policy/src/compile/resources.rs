//! [`Resources`]: the resources of a configuration, each read, compiled and dropped before the next.

use crate::compile::attach::Compiled;
use crate::compile::authorization_policy::compile_rules;
use crate::compile::custom;
use crate::compile::exception::{Liftable, UncheckedLifts};
use crate::compile::selection::Scope;
use crate::compile::{Context, PolicyContext};
use crate::config::authorization_policy::RawAuthorizationPolicy;
use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Mark, Problems};
use crate::config::field_path::FieldPath;
use crate::config::metadata::Metadata;
use crate::config::notice::ConfigNotice;
use crate::config::outline::{Outline, RESOURCES};
use crate::config::peer_authentication::RawPeerAuthentication;
use crate::config::plugin::CustomPolicies;
use crate::config::resource::RawResource;
use crate::config::roster::Roster;
use crate::rule::policy::{Exception, Policy};

/// What is left of the resources.
pub(crate) struct Resources {
    /// The policies that apply to the workload.
    pub(crate) policies: Vec<Compiled>,
    pub(crate) peer_authentications: Vec<(Metadata, RawPeerAuthentication)>,
    pub(crate) notices: Vec<ConfigNotice>,
    /// The problems of form.
    pub(crate) form: Problems,
    /// The problems of meaning, which are told after those.
    pub(crate) meaning: Problems,
}

/// What the meaning of all resources depends on.
pub(crate) struct Setting<'s> {
    pub(crate) context: &'s Context,
    /// The guarded workload, where one is known.
    pub(crate) scope: Option<&'s Scope>,
    pub(crate) root_namespace: &'s str,
    pub(crate) custom: CustomPolicies,
}

impl Resources {
    /// Reads and compiles every resource, those for other workloads too, so that every mistake is found. `empty` is a
    /// list of problems with the limits that hold.
    pub(crate) fn compile(outline: &Outline<'_>, setting: &Setting<'_>, empty: &Problems) -> Self {
        let mut reader = Reader {
            setting,
            read: Self {
                policies: Vec::new(),
                peer_authentications: Vec::new(),
                notices: Vec::new(),
                form: empty.another(),
                meaning: empty.another(),
            },
            roster: Roster::default(),
            lifts: Vec::new(),
        };
        if let Err(error) = outline.for_each_resource(|index, document| reader.add(index, document)) {
            let kind = ConfigErrorKind::Syntax(error.to_string());
            reader.read.form.add(&FieldPath::Root, kind);
        }
        reader.finish()
    }
}

/// The resources so far.
struct Reader<'s> {
    setting: &'s Setting<'s>,
    read: Resources,
    roster: Roster,
    /// What exceptions lift, and where the problems with that belong.
    lifts: Vec<(Mark, UncheckedLifts)>,
}

impl Reader<'_> {
    fn add(&mut self, index: usize, document: &Document) {
        let at = FieldPath::Root.field(RESOURCES);
        let at = at.index(index);
        let Some(resource) = RawResource::read(document, &at, &mut self.read.form) else {
            return;
        };
        self.roster.add(index, &resource);
        match resource {
            RawResource::AuthorizationPolicy(metadata, raw) => self.add_policy(index, metadata, raw),
            RawResource::PeerAuthentication(metadata, raw) => {
                let named = metadata.map(|metadata| (metadata, raw));
                self.read.peer_authentications.extend(named);
            }
        }
    }

    /// Compiles one policy. Without metadata its values are checked all the same.
    fn add_policy(&mut self, index: usize, metadata: Option<Metadata>, raw: RawAuthorizationPolicy) {
        let at = FieldPath::Root.field(RESOURCES);
        let at = at.index(index);
        let namespace = metadata.as_ref().map_or("", |metadata| &metadata.id.namespace);
        let mesh = self.setting.context;
        let context = PolicyContext { mesh, namespace };
        let rules = compile_rules(&raw, &at.field("spec"), context, &mut self.read.meaning);
        let Some(metadata) = metadata else {
            return;
        };
        if let Some(exception) = &raw.exception {
            let lifts = UncheckedLifts::new(index, &metadata, exception);
            self.lifts.push((self.read.meaning.mark(), lifts));
        }
        let applies = |scope: &Scope| scope.includes(&metadata, &raw);
        if self.setting.scope.is_some_and(applies) {
            let policy = Policy {
                id: metadata.id.clone(),
                rules,
                exception: raw.exception.map(Exception::from),
                deny_response: raw.deny_response,
            };
            self.read.policies.push(Compiled {
                action: raw.action,
                metadata,
                policy,
            });
        }
    }

    /// Says what can be said only of all resources together.
    fn finish(self) -> Resources {
        let Self {
            setting,
            mut read,
            roster,
            lifts,
        } = self;
        roster.note_duplicates(&mut read.form);
        let liftable = Liftable::new(&roster, setting.root_namespace);
        // From the last one on, so that the places before it stay what they are.
        for (place, lifts) in lifts.iter().rev() {
            let mut problems = read.meaning.another();
            liftable.check(lifts, &mut problems);
            read.meaning.insert(*place, problems);
        }
        read.notices = custom::pass_over(&roster, setting.custom, &mut read.meaning);
        read
    }
}
