//! The reference interpreter: what the specification says, sentence by sentence, slow and plain.
//!
//! It reads the plugin configuration and the request as JSON documents, walks both anew for each request and keeps nothing
//! but compiled regular expressions. It shares no code with the engine, so that a mistake has to be made
//! twice to stay unseen. Documents must be valid: what it cannot read is an error, and it does not look for mistakes.
//!
//! Citations are those of `docs/semantics.md` and `docs/extensions.md`.

mod addresses;
mod aliases;
mod bindings;
mod certificate;
mod claims;
mod compare;
mod condition;
mod configuration;
mod decision;
mod denied;
mod der;
mod documents;
mod headers;
mod hosts;
mod identity;
mod layers;
mod leaf;
mod metadata;
mod numbers;
mod observations;
mod operation;
mod path_forms;
mod patterns;
mod peer;
mod peer_authentication;
mod policy;
mod ports;
mod query;
mod request;
mod request_principals;
mod request_size;
mod rule;
mod selection;
mod source;
mod spiffe_fields;
mod strings;
mod tcp;
mod template;
mod truth;
mod x509;

pub use decision::decide;
pub use path_forms::classes as path_classes;
