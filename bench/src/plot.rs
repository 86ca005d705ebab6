//! [`Chart`]: figures over sizes as an SVG picture, a panel for each set of lines, both axes logarithmic.

use std::ops::Range;
use std::path::Path;

use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, Circle, Color, DrawingArea, IntoDrawingArea, IntoLogRange, LineSeries, PathElement, RGBColor,
    SVGBackend, Text, WHITE,
};
use plotters::style::IntoFont;

/// Panels side by side that share their axes.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What stands above.
    pub title: String,
    /// What the horizontal axis counts.
    pub x: String,
    /// What the vertical axis shows, with its unit.
    pub y: String,
    /// Read row by row.
    pub panels: Vec<Panel>,
}

/// One pair of axes.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What stands above.
    pub title: String,
    /// A name has one colour in all panels.
    pub series: Vec<Series>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Where it goes, from left to right; both above zero.
    pub points: Vec<(f64, f64)>,
}

type Area<'f> = DrawingArea<SVGBackend<'f>, Shift>;

/// The colours of Okabe and Ito, which differ for colour-blind readers too; yellow is left out, being faint on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
];
const PANEL: (u32, u32) = (330, 260);
const HEAD: u32 = 44;
const LEGEND_LINE: u32 = 22;
const LEGEND_ENTRY: u32 = 188;

impl Chart {
    /// Draws it into an SVG file.
    ///
    /// # Errors
    /// When there is nothing to draw, or the file cannot be written.
    pub fn draw(&self, file: &Path) -> Result<(), String> {
        let ranges = (self.range(|point| point.0)?, self.range(|point| point.1)?);
        let columns = self.columns();
        let rows = count(self.panels.len()).div_ceil(columns);
        let size = (
            PANEL.0 * columns,
            HEAD + self.legend_height(columns) + PANEL.1 * rows,
        );
        let root = SVGBackend::new(file, size).into_drawing_area();
        self.draw_parts(&root, &ranges, (rows, columns))
            .map_err(|error| format!("{}: {error}", file.display()))
    }

    fn draw_parts(
        &self,
        root: &Area<'_>,
        ranges: &(Range<f64>, Range<f64>),
        (rows, columns): (u32, u32),
    ) -> Result<(), Box<dyn std::error::Error + '_>> {
        root.fill(&WHITE).map_err(shown)?;
        let (head, below) = root.split_vertically(HEAD);
        let title = Text::new(self.title.clone(), (12, 14), ("sans-serif", 20).into_font());
        head.draw(&title).map_err(shown)?;
        let (legend, panels) = below.split_vertically(self.legend_height(columns));
        self.draw_legend(&legend, columns)?;
        let areas = panels.split_evenly((size(rows), size(columns)));
        for (panel, area) in self.panels.iter().zip(&areas) {
            self.draw_panel(panel, area, ranges)?;
        }
        root.present().map_err(shown)?;
        Ok(())
    }

    fn draw_legend(&self, area: &Area<'_>, columns: u32) -> Result<(), String> {
        let per_line = size(self.entries_of_a_line(columns));
        for (place, name) in self.names().into_iter().enumerate() {
            let left = pixels(12 + place % per_line * size(LEGEND_ENTRY));
            let middle = pixels(8 + place / per_line * size(LEGEND_LINE));
            let colour = colour(place);
            let line = PathElement::new([(left, middle), (left + 24, middle)], colour.stroke_width(3));
            area.draw(&line).map_err(shown)?;
            let text = Text::new(
                name.to_owned(),
                (left + 30, middle - 8),
                ("sans-serif", 14).into_font(),
            );
            area.draw(&text).map_err(shown)?;
        }
        Ok(())
    }

    fn draw_panel(
        &self,
        panel: &Panel,
        area: &Area<'_>,
        ranges: &(Range<f64>, Range<f64>),
    ) -> Result<(), String> {
        let (x, y) = (ranges.0.clone().log_scale(), ranges.1.clone().log_scale());
        let mut chart = ChartBuilder::on(area)
            .caption(&panel.title, ("sans-serif", 16))
            .margin(8)
            .margin_right(20)
            .x_label_area_size(38)
            .y_label_area_size(58)
            .build_cartesian_2d(x, y)
            .map_err(shown)?;
        chart
            .configure_mesh()
            .bold_line_style(BLACK.mix(0.12))
            .light_line_style(BLACK.mix(0.0))
            .axis_desc_style(("sans-serif", 13))
            .label_style(("sans-serif", 12))
            .x_desc(&self.x)
            .y_desc(&self.y)
            .x_label_formatter(&|value| short(*value))
            .y_label_formatter(&|value| short(*value))
            .draw()
            .map_err(shown)?;
        let names = self.names();
        for series in &panel.series {
            let place = names.iter().position(|name| *name == series.name).unwrap_or(0);
            let colour = colour(place);
            let line = LineSeries::new(series.points.iter().copied(), colour.stroke_width(2));
            chart.draw_series(line).map_err(shown)?;
            let dots = series
                .points
                .iter()
                .map(|point| Circle::new(*point, 3, colour.filled()));
            chart.draw_series(dots).map_err(shown)?;
        }
        Ok(())
    }

    /// The names of all series, in the order in which they come.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            if !names.contains(&series.name.as_str()) {
                names.push(&series.name);
            }
        }
        names
    }

    /// From the power of ten below all to the one above.
    fn range(&self, coordinate: impl Fn(&(f64, f64)) -> f64) -> Result<Range<f64>, String> {
        let series = self.panels.iter().flat_map(|panel| &panel.series);
        let values: Vec<f64> = series.flat_map(|series| &series.points).map(coordinate).collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        if low.is_finite() && low > 0.0 {
            let top = 10_f64.powf(high.log10().ceil());
            Ok(10_f64.powf(low.log10().floor())..top.max(low * 10.0))
        } else {
            Err(format!("nothing to draw on axes that begin at {low}"))
        }
    }

    fn columns(&self) -> u32 {
        count(self.panels.len()).clamp(1, 4)
    }

    fn entries_of_a_line(&self, columns: u32) -> u32 {
        (PANEL.0 * columns / LEGEND_ENTRY).max(1)
    }

    fn legend_height(&self, columns: u32) -> u32 {
        count(self.names().len()).div_ceil(self.entries_of_a_line(columns)) * LEGEND_LINE + 8
    }
}

/// Beyond the palette colours come again.
fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

/// 1, 10, 1k, 10k, 1M.
fn short(value: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{}{unit}", value / size),
        None => format!("{value}"),
    }
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn pixels(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> Chart {
        let series = Series {
            name: "a contestant".to_owned(),
            points,
        };
        Chart {
            title: "a title".to_owned(),
            x: "rules".to_owned(),
            y: "ns a decision".to_owned(),
            panels: vec![Panel {
                title: "a panel".to_owned(),
                series: vec![series],
            }],
        }
    }

    fn drawn(chart: &Chart, name: &str) -> Result<String, String> {
        let file = std::env::temp_dir().join(format!("{name}-{}.svg", std::process::id()));
        chart.draw(&file)?;
        let text = std::fs::read_to_string(&file).map_err(shown);
        std::fs::remove_file(&file).map_err(shown)?;
        text
    }

    #[test]
    fn titles_axes_and_the_legend_can_be_read() {
        let svg = drawn(&chart(vec![(10.0, 150.0), (100_000.0, 180.0)]), "readable").unwrap();
        for text in [
            "a title",
            "a panel",
            "rules",
            "ns a decision",
            "a contestant",
            "100k",
        ] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn a_chart_without_points_is_an_error() {
        assert!(drawn(&chart(Vec::new()), "empty").is_err());
    }

    #[test]
    fn large_numbers_are_short_on_an_axis() {
        assert_eq!([1.0, 10.0, 1e4, 1e6].map(short), ["1", "10", "10k", "1M"]);
    }
}
