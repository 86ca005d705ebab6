//! Other authorization engines on the documents that are measured, each rule translated into what its users write.

pub mod budget;
pub mod condition;
pub mod contestant;
pub mod contestants;
pub mod cpu_time;
pub mod facts;
pub mod measure;
pub mod outcome;
pub mod report;
pub mod rounds;
pub mod task;
