//! [`Timeline`]: figures over time as an SVG picture, both axes linear and from zero.

use std::path::Path;

use plotters::chart::{ChartBuilder, ChartContext, SeriesLabelPosition};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    BLACK, Color, Cross, IntoDrawingArea, LineSeries, PathElement, RGBColor, SVGBackend, WHITE,
};

/// Lines that begin and end at any time.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// What stands above.
    pub title: String,
    /// What the horizontal axis counts.
    pub x: String,
    /// What the vertical axis shows, with its unit.
    pub y: String,
    /// Lines of one name have one colour.
    pub lines: Vec<Line>,
}

/// One line. Where another one of its name follows, its end is marked by a cross.
#[derive(Clone, Debug)]
pub struct Line {
    /// The name in the legend.
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

type Axes<'a, 'f> = ChartContext<'a, SVGBackend<'f>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Beyond these, colours come again. Of the colours of Okabe and Ito, which differ for colour-blind readers too, those that are strong on white.
const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];
const SIZE: (u32, u32) = (960, 420);

impl Timeline {
    /// Draws it into an SVG file.
    ///
    /// # Errors
    /// When there is nothing to draw, or the file cannot be written.
    pub fn draw(&self, file: &Path) -> Result<(), String> {
        let (right, top) = (self.most(|point| point.0), self.most(|point| point.1) * 1.25);
        if right <= 0.0 || top <= 0.0 {
            return Err(format!("{}: nothing to draw", self.title));
        }
        self.draw_up_to(file, right, top)
            .map_err(|error| format!("{}: {error}", file.display()))
    }

    fn draw_up_to(&self, file: &Path, right: f64, top: f64) -> Result<(), String> {
        let root = SVGBackend::new(file, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(shown)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(&self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..right, 0.0..top)
            .map_err(shown)?;
        self.draw_mesh(&mut chart)?;
        for (place, name) in self.names().into_iter().enumerate() {
            self.draw_lines(&mut chart, name, COLOURS[place % COLOURS.len()])?;
        }
        draw_legend(&mut chart)?;
        root.present().map_err(shown)
    }

    fn draw_mesh(&self, chart: &mut Axes<'_, '_>) -> Result<(), String> {
        chart
            .configure_mesh()
            .bold_line_style(BLACK.mix(0.12))
            .light_line_style(BLACK.mix(0.0))
            .x_desc(&self.x)
            .y_desc(&self.y)
            .draw()
            .map_err(shown)
    }

    fn draw_lines(&self, chart: &mut Axes<'_, '_>, name: &str, colour: RGBColor) -> Result<(), String> {
        for (number, line) in self.named(name).enumerate() {
            let drawn = LineSeries::new(line.points.iter().copied(), colour.stroke_width(2));
            let drawn = chart.draw_series(drawn).map_err(shown)?;
            if number == 0 {
                let sample = move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3));
                drawn.label(name).legend(sample);
            }
        }
        let crosses = self.ends(name).into_iter();
        let crosses = crosses.map(|point| Cross::new(point, 4, colour.stroke_width(2)));
        chart.draw_series(crosses).map_err(shown).map(drop)
    }

    /// Where lines of this name end that another one follows.
    fn ends(&self, name: &str) -> Vec<(f64, f64)> {
        let lines: Vec<&Line> = self.named(name).collect();
        let followed = lines.split_last().map_or(&[][..], |(_, followed)| followed);
        let ends = followed.iter().filter_map(|line| line.points.last());
        ends.copied().collect()
    }

    fn named<'t>(&'t self, name: &'t str) -> impl Iterator<Item = &'t Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    /// The names of all lines, in the order in which they come.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for line in &self.lines {
            if !names.contains(&line.name.as_str()) {
                names.push(&line.name);
            }
        }
        names
    }

    fn most(&self, coordinate: impl Fn(&(f64, f64)) -> f64) -> f64 {
        let points = self.lines.iter().flat_map(|line| &line.points);
        points.map(coordinate).fold(0.0, f64::max)
    }
}

fn draw_legend<'a, 'f: 'a>(chart: &mut Axes<'a, 'f>) -> Result<(), String> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()
        .map_err(shown)
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(lines: &[&[(f64, f64)]]) -> Timeline {
        let line = |points: &&[(f64, f64)]| Line {
            name: "a process".to_owned(),
            points: points.to_vec(),
        };
        Timeline {
            title: "a title".to_owned(),
            x: "minutes".to_owned(),
            y: "MiB".to_owned(),
            lines: lines.iter().map(line).collect(),
        }
    }

    #[test]
    fn titles_axes_and_the_legend_can_be_read() {
        let file = std::env::temp_dir().join(format!("timeline-{}.svg", std::process::id()));
        timeline(&[&[(0.0, 50.0), (1.0, 60.0)]]).draw(&file).unwrap();
        let svg = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        for text in ["a title", "minutes", "MiB", "a process"] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn the_end_of_a_line_is_marked_where_another_follows() {
        let twice = timeline(&[&[(0.0, 50.0), (1.0, 60.0)], &[(2.0, 40.0), (3.0, 45.0)]]);
        assert_eq!(twice.ends("a process"), [(1.0, 60.0)]);
    }

    #[test]
    fn a_timeline_without_points_is_an_error() {
        assert!(timeline(&[]).draw(Path::new("unwritten.svg")).is_err());
    }
}
