//! [`Human`]: an explanation for people.

use crate::explain::answer::{Answer, LoggedDecision};
use crate::explain::paint::Paint;
use crate::explain::rule::{Rule, RuleName};
use crate::explain::written::Written;
use crate::explain::{excerpt, table};

/// How explanations are written.
pub(super) struct Human<'w> {
    written: &'w Written<'w>,
    paint: Paint,
    shows_all: bool,
}

impl<'w> Human<'w> {
    pub(super) fn new(written: &'w Written<'w>, has_colour: bool, shows_all: bool) -> Self {
        Self {
            written,
            paint: Paint { has_colour },
            shows_all,
        }
    }

    /// The text, with an empty line before all but the first.
    pub(super) fn text(&self, answer: &Answer, index: usize) -> String {
        let parts = [
            self.verdict(answer),
            self.circumstances(answer),
            self.rule_that_matters(answer),
            self.others(answer),
            self.all_rules(answer),
            notes(answer),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let gap = if index == 0 { "" } else { "\n" };
        format!("{gap}{}", parts.join("\n"))
    }

    /// The decision, and its cause in a sentence.
    fn verdict(&self, answer: &Answer) -> String {
        let origin = answer.origin.as_ref().map(|origin| format!("{origin}: "));
        let decision = match answer.decision {
            "allow" => self.paint.good(answer.decision),
            _ => self.paint.bad(answer.decision),
        };
        let logged = answer.logged.as_ref().map(|logged| logged_line(logged, answer));
        format!(
            "{}{decision}: {}\n  {}\n  {}\n{}",
            origin.unwrap_or_default(),
            self.paint.bold(answer.cause),
            answer.meaning,
            answer.next_step,
            logged.unwrap_or_default(),
        )
    }

    /// Who the peer is, what the port asks, and which checks held.
    fn circumstances(&self, answer: &Answer) -> String {
        let peer = answer.peer.id.as_deref().unwrap_or(match answer.peer.verdict {
            "anonymous" => "nobody: no certificate",
            "not-told" => "cannot be told: no certificate",
            _ => "refused",
        });
        let checks = answer.checks.iter().map(|check| match check.denial {
            None => format!("{} {}", self.paint.mark("true"), check.check),
            Some(denial) => format!("{} {} ({denial})", self.paint.mark("false"), check.check),
        });
        let checks: Vec<String> = checks.collect();
        let classes = match answer.path_classes.as_slice() {
            [] => String::new(),
            classes => format!("  path    can be read in several ways: {}\n", classes.join(", ")),
        };
        format!(
            "  peer    {peer}\n  mTLS    {}\n  checks  {}\n{classes}",
            answer.mtls_mode,
            checks.join("  "),
        )
    }

    /// The rule that decided, and for a denial by none the one that comes nearest.
    fn rule_that_matters(&self, answer: &Answer) -> String {
        let decided = answer
            .decided_by
            .as_ref()
            .map(|name| (name, "decided-by", "decided"));
        let nearest = answer
            .nearest
            .as_ref()
            .filter(|name| answer.decided_by.as_ref() != Some(*name));
        let nearest = nearest.map(|name| (name, "nearest", "comes nearest to allowing the request"));
        let shown = [decided, nearest].into_iter().flatten();
        let parts = shown.filter_map(|(name, code, says)| {
            let rule = answer.rule(name)?;
            Some(self.rule(rule, code, format!("{name} ({}) {says}", rule.layer)))
        });
        parts.collect::<Vec<_>>().join("\n")
    }

    fn rule(&self, rule: &Rule, code: &'static str, title: String) -> String {
        let excerpt = excerpt::of(rule, code, title, self.written, self.paint.has_colour);
        let table = match rule.shown.as_slice() {
            [] => "    it asks nothing: it matches every request\n".to_owned(),
            clauses => table::of(clauses, self.paint),
        };
        let hindrance = match rule.hindrance {
            Some("not-whole-on-tcp") => "    it reads HTTP, so that it allows no TCP connection\n",
            Some(_) => "    its exception is over, or the time is not known\n",
            None => "",
        };
        format!("{}\n{table}{hindrance}", excerpt.trim_end())
    }

    /// What else counts, and what only watches.
    fn others(&self, answer: &Answer) -> String {
        let also = answer.also.iter().filter_map(|name| {
            let rule = answer.rule(name)?;
            let says = match rule.layer {
                "deny" => "applies",
                _ => "matches",
            };
            Some(format!("  also     {name} ({}) {says}{}\n", rule.layer, at(rule)))
        });
        let audited = answer
            .audited
            .iter()
            .map(|name| format!("  audit    {name} marks the request\n"));
        let dry_run = |effect: &'static str| {
            move |policy: &String| {
                format!("  dry run  {policy} would {effect} the request, were it in force\n")
            }
        };
        also.chain(audited)
            .chain(answer.would_deny.iter().map(dry_run("deny")))
            .chain(answer.would_allow.iter().map(dry_run("allow")))
            .collect()
    }

    /// Every rule that was not shown yet, with `--all`.
    fn all_rules(&self, answer: &Answer) -> String {
        if !self.shows_all {
            return String::new();
        }
        let is_shown = |rule: &Rule| {
            let is = |name: &Option<RuleName>| name.as_ref() == Some(&rule.name);
            rule.is_in_force() && (is(&answer.decided_by) || is(&answer.nearest))
        };
        let rest = answer.rules.iter().filter(|rule| !is_shown(rule));
        let title = |rule: &Rule| {
            let counts = if rule.counts { "counts" } else { "does not count" };
            format!("{} ({}) {counts}", rule.name, rule.layer)
        };
        let rules: Vec<String> = rest.map(|rule| self.rule(rule, "rule", title(rule))).collect();
        rules.join("\n")
    }
}

fn logged_line(logged: &LoggedDecision, answer: &Answer) -> String {
    if logged.decision == answer.decision && logged.cause == answer.cause {
        return "  The log says the same.\n".to_owned();
    }
    let policy = logged.policy.as_ref().map(|policy| format!(" by {policy}"));
    format!(
        "  The log says otherwise: {}, {}{}. Other policies were in force, or it knew more of the request.\n",
        logged.decision,
        logged.cause,
        policy.unwrap_or_default(),
    )
}

fn at(rule: &Rule) -> String {
    rule.position
        .as_ref()
        .map(|position| format!(", at {position}"))
        .unwrap_or_default()
}

fn notes(answer: &Answer) -> String {
    answer
        .notes
        .iter()
        .map(|note| format!("  note: {note}\n"))
        .collect()
}
