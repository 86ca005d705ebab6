//! The pictures: what filters add over the number of rules, and what each way to carry a request costs.

use std::path::Path;

use plotters::prelude::{BLACK, Color, IntoDrawingArea, RGBColor, Rectangle, SVGBackend, Text, WHITE};
use plotters::style::IntoFont;

use crate::documents::Distribution;
use crate::envoy::contest::{NATIVE_SIZES, SIZES};
use crate::envoy::contestant::Contestant;
use crate::envoy::http_version::HttpVersion;
use crate::envoy::mtls::Ways;
use crate::envoy::results::{Results, microseconds};
use crate::envoy::rule_set::RuleSet;
use crate::plot::{Chart, Panel, Series};

/// What is not above zero has no place on a logarithmic axis.
const LEAST: f64 = 0.1;
const ROW: i32 = 26;
const HEAD: i32 = 44;
const LABELS: i32 = 330;
const BARS: i32 = 560;
const FIGURE: i32 = 70;
const BLUE: RGBColor = RGBColor(0, 114, 178);

/// Draws what each contestant adds, a panel for each version of HTTP.
///
/// # Errors
/// When the file cannot be written.
pub fn draw_contest(results: &Results, file: &Path) -> Result<(), String> {
    let panel = |version: HttpVersion| Panel {
        title: version.name().to_owned(),
        series: series(results, version),
    };
    let chart = Chart {
        title: "What a filter adds to a request in Envoy".to_owned(),
        x: "rules".to_owned(),
        y: "added CPU, µs a request".to_owned(),
        panels: HttpVersion::ALL.map(panel).into(),
    };
    chart.draw(file)
}

fn series(results: &Results, version: HttpVersion) -> Vec<Series> {
    let line = |sizes: &[usize], contestant: &dyn Fn(RuleSet) -> Contestant| {
        let point = |rules: &usize| {
            let set = RuleSet {
                distribution: Distribution::Principals,
                rules: *rules,
            };
            let added = results.added(contestant(set), version)?;
            Some((to_f64(*rules), added.max(LEAST)))
        };
        sizes.iter().filter_map(point).collect::<Vec<_>>()
    };
    let named = |name: &str, points| Series {
        name: name.to_owned(),
        points,
    };
    vec![
        named("spiffe-authz", line(&SIZES, &Contestant::Ours)),
        named("native RBAC", line(&NATIVE_SIZES, &Contestant::NativeRbac)),
        named("ext_authz, allow-all", line(&SIZES, &|_| Contestant::ExtAuthz)),
        named("no-op, Rust SDK", line(&SIZES, &|_| Contestant::SdkNoOp)),
    ]
}

fn to_f64(rules: usize) -> f64 {
    u32::try_from(rules).map_or(f64::MAX, f64::from)
}

/// Draws the CPU of each way as a bar.
///
/// # Errors
/// When the file cannot be written.
pub fn draw_ways(ways: &Ways, file: &Path) -> Result<(), String> {
    draw_bars(ways, file).map_err(|error| format!("{}: {error}", file.display()))
}

fn draw_bars(ways: &Ways, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let rows = i32::try_from(ways.0.len())?;
    let size = (
        u32::try_from(LABELS + BARS + FIGURE)?,
        u32::try_from(HEAD + rows * ROW + 12)?,
    );
    let root = SVGBackend::new(file, size).into_drawing_area();
    let shown = |error: plotters::drawing::DrawingAreaErrorKind<_>| error.to_string();
    root.fill(&WHITE).map_err(shown)?;
    let title = "CPU of Envoy, µs a request over HTTP/1.1";
    root.draw(&Text::new(title, (12, 12), ("sans-serif", 20).into_font()))
        .map_err(shown)?;
    let most = ways.0.iter().map(|(_, summary)| summary.cpu).fold(1.0, f64::max);
    let mut top = HEAD;
    for (way, summary) in &ways.0 {
        let right = LABELS + pixels(summary.cpu / most);
        let font = || ("sans-serif", 15).into_font().color(&BLACK);
        root.draw(&Text::new(way.name(), (12, top + 4), font()))
            .map_err(shown)?;
        let bar = [(LABELS, top + 2), (right, top + ROW - 4)];
        root.draw(&Rectangle::new(bar, BLUE.filled())).map_err(shown)?;
        root.draw(&Text::new(
            microseconds(summary.cpu),
            (right + 6, top + 4),
            font(),
        ))
        .map_err(shown)?;
        top += ROW;
    }
    root.present().map_err(shown)?;
    Ok(())
}

/// The length of a bar that is this share of the longest.
fn pixels(share: f64) -> i32 {
    let steps = (0..=BARS).take_while(|pixel| f64::from(*pixel) <= share * f64::from(BARS));
    steps.last().unwrap_or(0)
}
