//! A real Prometheus scrapes real Envoys, and every expression that is shipped is asked of it. Without a Prometheus the tests
//! say so and end; `scripts/fetch-prometheus.sh` fetches one without root.

mod alerts;
mod dashboard;
mod rule_files;
mod scene;
mod shipped;
