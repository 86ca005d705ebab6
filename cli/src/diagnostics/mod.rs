//! Diagnostics: what is wrong, where it stands, and what to do about it; shown with an excerpt of the text.

mod config_problem;
mod diagnostic;
mod excerpt;
mod help;
mod human;
mod nearest;
mod reading_problem;
mod report;
mod shown;

pub(crate) use config_problem::{config_problems, resource};
pub(crate) use diagnostic::{Diagnostic, Label, Severity};
pub(crate) use human::{render, render_one};
pub(crate) use nearest::nearest;
pub(crate) use reading_problem::{file_problem, syntax_problem};
pub(crate) use report::{Extent, Region, Report};
