//! A plugin whose configuration is a script of hostcalls.
//!
//! A section for each callback, a statement a line; every callback and every answer is logged:
//! ```text
//! [request_headers]
//! get_header_map_value request_headers :path
//! $token = http_call there {:method GET :path / :authority a} "" {} 1000
//! once return pause
//! ```
//! `tests/parity/README.md` has the whole language.

mod allocator;
mod answer;
mod callbacks;
mod context_names;
mod deed;
mod hostcall;
mod log;
mod numbers;
mod run;
mod script;
mod shown;
mod state;
mod token;
mod wasi;
