//! `readiness`: whether a workload may ask for mTLS (STRICT).

mod arguments;
mod evidence;
mod report;
mod table;

use std::io::Write as _;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::readiness::arguments::Format;
use crate::readiness::evidence::Evidence;
use crate::readiness::report::Report;
use crate::terminal::Terminal;

pub(crate) use arguments::Arguments;

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let criteria = arguments.criteria()?;
    let evidence = Evidence::gather(arguments, &criteria, terminal)?;
    let report = Report::new(&evidence, &criteria);
    let text = match arguments.format {
        Format::Human => table::render(&report, terminal.stdout_has_colour()),
        Format::Json => report.to_json()?,
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).map_err(Failure::Unwritable)?;
    out.flush().map_err(Failure::Unwritable)?;
    Ok(if report.is_ready {
        Outcome::Yes
    } else {
        Outcome::No
    })
}
