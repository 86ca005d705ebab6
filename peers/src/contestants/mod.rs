//! The engines, each with the form in which its users write such rules.

mod casbin;
mod cedar;
mod ours;
mod rego;

pub use self::casbin::Casbin;
pub use self::cedar::Cedar;
pub use self::ours::Ours;
pub use self::rego::{Rego, RegoForm};
