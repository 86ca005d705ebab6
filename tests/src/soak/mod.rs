//! A mesh under load while everything changes: policies, SVIDs, and which processes live.
//!
//! ```text
//! Load ══ mTLS, h1 and h2 ══► Envoy with the filter ──► application ──► arrivals file
//!   │                          ▲        ▲       ▲           ▲                │
//!   │               policies, 1/s   SVIDs   kill -9     kill -9             │
//!   └──► Tally: every answer judged by the versions in force ◄── Arrivals ◄─┘
//! ```
//! What a client sees and what an application saw are judged apart: an application writes each arrival down before it
//! answers, and a kill takes nothing of that away.

mod admin;
mod application;
mod arrivals;
mod ask;
mod chaos;
mod findings;
mod guard;
mod judge;
mod load;
mod memory;
mod moment;
mod outages;
mod plan;
mod policies;
mod process;
mod report;
mod rhythm;
mod run;
mod svids;
mod tally;
mod updates;
mod versions;

pub use application::serve;
pub use findings::Findings;
pub use plan::Plan;
pub use report::text;
pub use run::run;
