//! Numbers at, between and beyond those that policies compare with.

/// The seconds of a hundred years: no certificate lives longer.
const CENTURY: i64 = 3_153_600_000;

/// Every number, one between each two, and one beyond both ends.
pub(super) fn numbers<'a>(values: impl Iterator<Item = &'a str>) -> Vec<f64> {
    let mut bounds: Vec<f64> = values.flat_map(bounds_of).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let mut numbers = bounds.clone();
    numbers.extend(
        bounds
            .iter()
            .zip(bounds.iter().skip(1))
            .map(|(low, high)| middle(*low, *high)),
    );
    numbers.extend(bounds.first().map(|lowest| before(*lowest)));
    numbers.extend(bounds.last().map(|highest| behind(*highest)));
    numbers.retain(|number| number.is_finite());
    numbers
}

/// Whole seconds at and around those that policies compare with.
pub(super) fn seconds<'a>(values: impl Iterator<Item = &'a str>) -> Vec<i64> {
    let mut seconds = vec![3600, -1, 0, 1];
    for bound in values.flat_map(bounds_of) {
        let text = format!("{:.0}", bound.floor());
        if let Ok(whole) = text.parse::<i64>() {
            seconds.extend([-1, 0, 1, 2].map(|step| whole.saturating_add(step)));
        }
    }
    seconds.retain(|second| (-CENTURY..=CENTURY).contains(second));
    seconds
}

fn bounds_of(value: &str) -> Vec<f64> {
    let bare = value.trim_start_matches(['<', '>', '=']);
    let parts = bare
        .split_once("..")
        .map_or_else(|| vec![bare], |(first, last)| vec![first, last]);
    parts.into_iter().filter_map(|part| part.parse().ok()).collect()
}

fn middle(low: f64, high: f64) -> f64 {
    low + (high - low) / 2.0
}

fn before(number: f64) -> f64 {
    number - 1.0
}

fn behind(number: f64) -> f64 {
    number + 1.0
}
