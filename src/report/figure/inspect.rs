//! What tests ask a drawn SVG: [`outside`], [`circles`], [`attributes`].
//!
//! Does not know about figures.

use std::collections::BTreeMap;

/// Attributes of every element of this name, in order.
pub(super) fn attributes(svg: &str, element: &str) -> Vec<BTreeMap<String, String>> {
    let open = format!("<{element} ");
    let tags = svg.split(&open).skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    tags.map(|tag| {
        let mut words = tag.split('"');
        let mut found = BTreeMap::new();
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            found.insert(name.trim().trim_end_matches('=').to_owned(), value.to_owned());
        }
        found
    })
    .collect()
}

fn number(attributes: &BTreeMap<String, String>, name: &str) -> f64 {
    attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn pixel(attributes: &BTreeMap<String, String>, name: &str) -> i32 {
    attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Middles of the circles of this colour, filled or not.
pub(super) fn circles(svg: &str, color: &str) -> Vec<(i32, i32)> {
    let all = attributes(svg, "circle");
    let has_color = |name: &str, it: &BTreeMap<String, String>| {
        it.get(name).is_some_and(|value| value == color)
    };
    let chosen = all.iter().filter(|it| has_color("fill", it) || has_color("stroke", it));
    chosen.map(|it| (pixel(it, "cx"), pixel(it, "cy"))).collect()
}

/// Left, top, width and height of the rectangles of this colour.
pub(super) fn rectangles(svg: &str, color: &str) -> Vec<[i32; 4]> {
    let all = attributes(svg, "rect");
    let chosen = all.iter().filter(|it| it.get("fill").is_some_and(|fill| fill == color));
    chosen.map(|it| ["x", "y", "width", "height"].map(|name| pixel(it, name))).collect()
}

/// What lies outside the drawing, or has no size.
pub(super) fn outside(svg: &str) -> Vec<String> {
    let Some(canvas) = attributes(svg, "svg").into_iter().next() else {
        return vec!["no svg".into()];
    };
    let size = (number(&canvas, "width"), number(&canvas, "height"));
    let is_in = |x: f64, y: f64| (0.0..=size.0).contains(&x) && (0.0..=size.1).contains(&y);
    let mut found = Vec::new();
    for rect in attributes(svg, "rect") {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(&rect, name));
        if width < 0.0 || height < 0.0 || !is_in(x, y) || !is_in(x + width, y + height) {
            found.push(format!("{rect:?}"));
        }
    }
    for circle in attributes(svg, "circle").iter().filter(|it| it.contains_key("opacity")) {
        if !is_in(number(circle, "cx"), number(circle, "cy")) {
            found.push(format!("{circle:?}"));
        }
    }
    for shape in attributes(svg, "polyline").into_iter().chain(attributes(svg, "polygon")) {
        let points = shape.get("points").cloned().unwrap_or_default();
        let ends = points.split_whitespace().filter_map(|point| point.split_once(','));
        if ends.into_iter().any(|(x, y)| !is_in(parse(x), parse(y))) {
            found.push(format!("{shape:?}"));
        }
    }
    found.extend(words_outside(svg, size.0));
    found
}

fn parse(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Texts that end beyond the left or right edge; letters are taken as half as wide as high.
fn words_outside(svg: &str, width: f64) -> Vec<String> {
    let bodies = svg.split("<text ").skip(1);
    let words = bodies.filter_map(|rest| rest.split_once('>')?.1.split("</text>").next());
    let texts = attributes(svg, "text").into_iter().zip(words);
    let outside = texts.filter(|(text, words)| {
        if text.contains_key("transform") {
            return false;
        }
        let long = words.trim().chars().count() as f64 * number(text, "font-size") * 0.5;
        let x = number(text, "x");
        let (left, right) = match text.get("text-anchor").map(String::as_str) {
            Some("end") => (x - long, x),
            Some("middle") => (x - long / 2.0, x + long / 2.0),
            _ => (x, x + long),
        };
        left < 0.0 || right > width
    });
    outside.map(|(_, words)| words.trim().to_owned()).collect()
}
