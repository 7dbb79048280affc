//! The plot of a place: for every workload, the ratio of each contestant to the raw driver.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::Result;
use crate::measure::{Measured, Outcome};
use crate::statistics::Quartiles;

/// The colours of the contestants in their order, without the raw driver. activerecord has the strongest.
const COLORS: [RGBColor; 7] = [
    RGBColor(200, 20, 30),
    RGBColor(31, 90, 180),
    RGBColor(90, 170, 225),
    RGBColor(44, 140, 60),
    RGBColor(148, 103, 189),
    RGBColor(230, 140, 20),
    RGBColor(110, 110, 110),
];

/// The possible positions of labels on the axis.
const TICKS: [f64; 12] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// One contestant's ratios: the row of each, counted from the top, and the quartiles.
type Series = (&'static str, Vec<(usize, Quartiles)>);

/// Draws the measurements of one place.
pub fn draw(path: &Path, title: &str, measured: &[&Measured]) -> Result<()> {
    let series = series(measured);
    let labels: Vec<String> = measured.iter().map(|measured| measured.workload.title()).collect();
    // The library's error borrows from the drawing, so convert it here.
    drawn(path, title, &labels, &series).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn drawn(path: &Path, title: &str, labels: &[String], series: &[Series]) -> std::result::Result<(), Box<dyn Error>> {
    let rows = labels.len();
    let root = SVGBackend::new(path, (1000, 32 * rows as u32 + 110)).into_drawing_area();
    root.fill(&WHITE)?;
    let (left, right) = root.split_horizontally(860);
    let (low, high) = range(series);
    let ticks: Vec<f64> = TICKS.into_iter().filter(|tick| (low..=high).contains(tick)).collect();
    let mut chart = ChartBuilder::on(&left)
        .caption(format!("{title}: time as a multiple of the raw driver's"), ("sans-serif", 20))
        .margin(14)
        .x_label_area_size(36)
        .y_label_area_size(250)
        .build_cartesian_2d((low..high).log_scale().with_key_points(ticks.clone()), -0.5..rows as f64 - 0.5)?;
    let label = |y: &f64| match y.fract().abs() < 0.01 {
        true => labels.iter().rev().nth(y.round() as usize).cloned().unwrap_or_default(),
        false => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(ticks.len())
        .x_label_formatter(&|x| format!("{x}×"))
        .y_labels(rows)
        .y_label_formatter(&label)
        .label_style(("sans-serif", 14))
        .draw()?;
    chart.draw_series(lines(rows).map(|y| PathElement::new([(low, y), (high, y)], BLACK.mix(0.1))))?;
    chart.draw_series([PathElement::new([(1.0, -0.5), (1.0, rows as f64 - 0.5)], BLACK.stroke_width(1))])?;
    for (n, (name, ratios)) in series.iter().enumerate() {
        let color = COLORS[n % COLORS.len()];
        // Side by side within a row, from the top.
        let shift = 0.36 - 0.72 * n as f64 / series.len().saturating_sub(1).max(1) as f64;
        let at = |row: usize| place(row, rows) + shift;
        let spread = |(row, it): &(usize, Quartiles)| [(it.low, at(*row)), (it.high, at(*row))];
        chart.draw_series(ratios.iter().map(|ratio| PathElement::new(spread(ratio), color.stroke_width(2))))?;
        chart.draw_series(ratios.iter().map(|(row, it)| Circle::new((it.median, at(*row)), 3, color.filled())))?;
        let y = 60 + 22 * n as i32;
        right.draw(&Circle::new((8, y), 4, color.filled()))?;
        right.draw(&Text::new(*name, (20, y - 7), ("sans-serif", 14)))?;
    }
    Ok(root.present()?)
}

/// The middle of a row.
fn place(row: usize, rows: usize) -> f64 {
    (rows - 1 - row) as f64
}

/// The positions of the lines between the rows.
fn lines(rows: usize) -> impl Iterator<Item = f64> {
    (1..rows).map(|row| row as f64 - 0.5)
}

fn series(measured: &[&Measured]) -> Vec<Series> {
    let names = measured.first().map_or(&[][..], |first| &first.contestants[..]).iter().skip(1).map(|(name, _)| *name);
    let ratio = |row: usize, name: &str| {
        let measured = measured[row];
        let (_, outcome) = measured.contestants.iter().find(|(other, _)| *other == name)?;
        match outcome {
            Outcome::Times(times) => Some((row, Quartiles::of_ratios(times, measured.base()))),
            Outcome::Unsupported(_) => None,
        }
    };
    names.map(|name| (name, (0..measured.len()).filter_map(|row| ratio(row, name)).collect())).collect()
}

/// The range from the smallest to the greatest ratio, with a margin.
fn range(series: &[Series]) -> (f64, f64) {
    let all = || series.iter().flat_map(|(_, ratios)| ratios);
    let low = all().map(|(_, it)| it.low).fold(1.0, f64::min);
    let high = all().map(|(_, it)| it.high).fold(2.0, f64::max);
    (low / 1.15, high * 1.3)
}

#[cfg(test)]
mod tests {
    use protocol::Workload;

    use super::*;
    use crate::places::Place;

    fn measured(workload: Workload, ratio: f64) -> Measured {
        let times = |factor: f64| Outcome::Times([1.0, 1.1, 0.9].map(|time| time * factor).to_vec());
        let unable = Outcome::Unsupported("no".to_owned());
        let contestants = vec![("raw", times(1.0)), ("other", times(ratio)), ("unable", unable)];
        Measured { workload, place: Place::File, settings: String::new(), contestants }
    }

    #[test]
    fn a_plot_has_every_workload_and_contestant() {
        let all = [measured(Workload::Point, 3.0), measured(Workload::Rows(100), 0.7)];
        let file = tempfile::NamedTempFile::new().unwrap();
        draw(file.path(), "SQLite", &all.iter().collect::<Vec<_>>()).unwrap();
        let svg = std::fs::read_to_string(file.path()).unwrap();
        for text in ["SQLite: time", "point lookup", "all rows of a table of 100", "other", "unable", "1×", "2×"] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_done_has_no_point() {
        let all = [measured(Workload::Point, 3.0)];
        let series = series(&all.iter().collect::<Vec<_>>());
        assert_eq!(
            series.iter().map(|(name, ratios)| (*name, ratios.len())).collect::<Vec<_>>(),
            [("other", 1), ("unable", 0)]
        );
    }
}
