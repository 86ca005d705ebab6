//! What one policy change costs a control plane and its proxies: the xDS server of these tests, 200 subscribers in a
//! process of their own, and one real Envoy beside them.
//!
//! ```text
//! measure ─► process that serves ◄─ TCP on loopback ─► process of the subscribers
//!    └─────► Envoy ───────────────────────▲
//! ```

pub mod child;
pub mod counted;
pub mod cpu;
pub mod measure;
pub mod policies;
pub mod serve;
pub mod setting;
pub mod subscribe;
pub mod subscriber;
pub mod table;

pub use measure::{Push, Row, measure};
pub use setting::{Beside, Setting};
