//! [`png()`]: a figure's SVG as a PNG of twice its size.
//!
//! Text is set in a font of our own, so that the same SVG gives the same bytes on machines with
//! other fonts and with none. It is as wide as Arial, the first family that the figures name.
//!
//! Knows nothing of what the figure shows.

use crate::error::{Error, Fault, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};
use std::sync::{Arc, LazyLock};

/// Pixels of the picture over pixels of the drawing.
const SCALE: f32 = 2.0;
/// Family of the embedded fonts.
const FAMILY: &str = "Seglab Sans";

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(include_bytes!("font/seglab-sans-regular.ttf").to_vec());
    fonts.load_font_data(include_bytes!("font/seglab-sans-bold.ttf").to_vec());
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// Renders a figure.
///
/// # Errors
/// When the text is no SVG or the picture does not fit the memory.
pub(in crate::report) fn png(svg: &str) -> Result<Vec<u8>> {
    let fault = |cause: String| {
        Error::run(Fault { causes: vec![cause], ..Fault::new("cannot render a figure as PNG") })
    };
    let options =
        Options { fontdb: FONTS.clone(), font_family: FAMILY.into(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| fault(error.to_string()))?;
    let size = tree.size().to_int_size();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 2")]
    let scale = SCALE as u32;
    let (width, height) = (size.width() * scale, size.height() * scale);
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| fault("it has no size".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    // The card is opaque, so that there is nothing to be said in a fourth channel.
    let colors: Vec<u8> =
        pixels.data().chunks_exact(4).flat_map(|pixel| pixel[..3].iter().copied()).collect();
    encode(width, height, &colors).map_err(|error| fault(error.to_string()))
}

fn encode(
    width: u32,
    height: u32,
    colors: &[u8],
) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(colors)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{
        canvas::svg,
        style::{Anchor, INK, Stroke, text},
    };

    fn pixels(picture: &[u8]) -> (u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgb);
        (info.width, pixels)
    }

    #[test]
    fn dashes_and_text_are_drawn_without_any_font_of_the_machine() {
        let drawn = svg("a", "", 60, |canvas| {
            canvas.line(Stroke::nth(6), vec![(10, 50), (110, 50)])?;
            canvas.text("Dice ± 0.5 ≤ ρ", &text(12.0, INK, Anchor::Left), (10, 35))
        });
        let picture = png(&drawn.unwrap()).unwrap();
        let (width, pixels) = pixels(&picture);
        assert_eq!(width, 2 * 1140);
        let is_white = |x: usize, y: usize| {
            let at = 3 * (y * width as usize + x);
            pixels[at..at + 3] == [255, 255, 255]
        };
        // "7 3": 14 pixels of line, 6 of gap.
        assert!(!is_white(2 * 10 + 5, 100) && is_white(2 * 10 + 17, 100));
        assert!(!is_white(2 * 10 + 25, 100));
        let inked = (20..220).filter(|x| (56..84).any(|y| !is_white(*x, y))).count();
        assert!((80..190).contains(&inked), "{inked} columns have ink");
    }

    #[test]
    fn the_same_drawing_gives_the_same_bytes() {
        let drawn = svg("a", "Title", 60, |_| Ok(())).unwrap();
        assert_eq!(png(&drawn).unwrap(), png(&drawn).unwrap());
        assert!(png("no drawing").is_err());
    }
}
