//! What can be seen of decisions: metrics with labels, the access log, response code details, the audit line; and what must
//! be seen in none of them.

mod access_log;
mod audit_line;
mod audit_schema;
mod common;
mod configuration_state;
mod denied;
mod documented;
mod fault;
mod metrics;
mod redaction;
