//! The way from PERMISSIVE to STRICT, as `make demo-migration` walks it and as docs/migration.md describes it for Istio.
//! (The commands of that page are run by the tests of the command.)

mod istio_access_log;
mod walk;
