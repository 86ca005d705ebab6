//! [`Arrival`]: a request that reached an application, as the application wrote it down.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use crate::soak::ask::Ask;
use crate::soak::moment::Moment;
use crate::soak::versions::Versions;

/// What an application knows of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Arrival {
    arrived: Moment,
    /// None where the request says nothing that was ever sent.
    ask: Option<Ask>,
    sent: Moment,
}

/// What reached one application.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    pub(super) all: u64,
    /// Those that no version allowed by which they may have been judged.
    pub(super) forbidden: Vec<String>,
}

impl Arrival {
    /// The value of the header of a request.
    pub(super) fn mark(ask: Ask, sent: Moment) -> String {
        format!("{} {}", ask.word(), sent.micros())
    }

    /// The line for a request that arrives now.
    pub(super) fn line(mark: Option<&str>) -> String {
        format!("{} {}\n", Moment::now().micros(), mark.unwrap_or("unmarked 0"))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let moment = |word: Option<&str>| Some(Moment::from_micros(word?.parse().ok()?));
        let arrived = moment(words.next())?;
        let ask = Ask::from_word(words.next()?);
        let sent = moment(words.next())?;
        Some(Self { arrived, ask, sent })
    }

    fn is_allowed(&self, versions: &Versions) -> bool {
        let admissible = versions.admissible(self.sent, self.arrived);
        let by = |version| self.ask.is_some_and(|ask| ask.is_allowed_by(version));
        admissible.into_iter().any(by)
    }
}

impl Arrivals {
    /// Reads what the application of this workload has written.
    pub(super) fn read(file: &Path, workload: &str, versions: &Versions) -> Result<Self, String> {
        let failed = |error| format!("`{}`: {error}", file.display());
        let mut arrivals = Self::default();
        for line in BufReader::new(File::open(file).map_err(failed)?).lines() {
            let line = line.map_err(failed)?;
            arrivals.all += 1;
            // A line that cannot be read is a request that nobody has sent so.
            if !Arrival::parse(&line).is_some_and(|arrival| arrival.is_allowed(versions)) {
                arrivals.forbidden.push(format!("{workload}: {line}"));
            }
        }
        Ok(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn is_allowed(line: &str) -> bool {
        let mut versions = Versions::new(Moment::from_micros(0));
        versions.write(Moment::from_micros(100));
        versions.settle(1, Moment::from_micros(200));
        Arrival::parse(line).is_some_and(|arrival| arrival.is_allowed(&versions))
    }

    #[test]
    fn what_a_version_in_force_allows_may_arrive() {
        for line in [
            "60 even 50",
            "160 even 150",
            "160 odd 150",
            "310 odd 300",
            "310 always 300",
        ] {
            assert!(is_allowed(line), "{line}");
        }
    }

    #[test]
    fn what_no_version_in_force_allows_is_forbidden() {
        for line in [
            "60 odd 50",
            "310 even 300",
            "310 stranger 300",
            "310 unmarked 0",
            "310",
            "",
        ] {
            assert!(!is_allowed(line), "{line}");
        }
    }

    #[test]
    fn an_application_writes_what_can_be_read() {
        let sent = Moment::now();
        let line = Arrival::line(Some(&Arrival::mark(Ask::Odd, sent)));
        let arrival = Arrival::parse(line.trim_end()).unwrap();
        assert_eq!((arrival.ask, arrival.sent), (Some(Ask::Odd), sent));
        assert!(arrival.arrived.since(sent) < Duration::from_secs(60));
    }
}
