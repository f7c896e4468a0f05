//! [`png()`]: a figure's SVG as a PNG of twice its size.
//!
//! Text is set in a font of our own, so that the same SVG gives the same bytes on machines with
//! other fonts and with none. It is as wide as Arial, the first family that the figures name.
//!
//! Does not know what the figure shows.

use crate::base::{Error, Fault, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};
use std::collections::HashMap;
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
    let (colors, _) = pixels.data().as_chunks::<4>();
    let colors: Vec<[u8; 3]> =
        colors.iter().map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
    encode(width, height, &colors).map_err(|error| fault(error.to_string()))
}

/// Writes three bytes a pixel, or one where a palette holds all colours.
fn encode(
    width: u32,
    height: u32,
    pixels: &[[u8; 3]],
) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat colour repeats; differences of neighbours would hide that.
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_compression(png::Compression::Balanced);
    if let Some((palette, indices)) = indexed(pixels) {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette.as_flattened());
        write(encoder, &indices)?;
    } else {
        encoder.set_color(png::ColorType::Rgb);
        write(encoder, pixels.as_flattened())?;
    }
    Ok(bytes)
}

fn write(
    encoder: png::Encoder<'_, &mut Vec<u8>>,
    data: &[u8],
) -> std::result::Result<(), png::EncodingError> {
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()
}

/// The colours in order of appearance and the index of each pixel's; `None` of more than 256.
fn indexed(pixels: &[[u8; 3]]) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let mut palette = Vec::new();
    let mut known: HashMap<[u8; 3], u8> = HashMap::new();
    let mut indices = Vec::with_capacity(pixels.len());
    // Neighbours are mostly of one colour.
    let mut last = None;
    for &color in pixels {
        let index = match last {
            Some((last, index)) if last == color => index,
            _ => {
                if let Some(&index) = known.get(&color) {
                    index
                } else {
                    let index = u8::try_from(palette.len()).ok()?;
                    palette.push(color);
                    known.insert(color, index);
                    index
                }
            }
        };
        last = Some((color, index));
        indices.push(index);
    }
    Some((palette, indices))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{
        canvas::svg,
        style::{Anchor, INK, Stroke, text},
    };

    fn pixels(picture: &[u8]) -> (u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
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
    fn a_palette_holds_256_colours() {
        let pixels: Vec<[u8; 3]> = (0..=255).map(|value| [value, 7, 0]).collect();
        let (palette, indices) = indexed(&pixels).unwrap();
        assert_eq!(palette, pixels);
        assert!(indices.iter().copied().eq(0..=255));
        assert_eq!(indexed(&[pixels, vec![[0, 0, 0]]].concat()), None);
        for pixels in [vec![[1, 2, 3], [4, 5, 6]], (0..=255).map(|it| [it, it, it]).collect()] {
            let width = u32::try_from(pixels.len()).unwrap();
            let decoded = self::pixels(&encode(width, 1, &pixels).unwrap()).1;
            assert_eq!(decoded, pixels.as_flattened());
        }
    }

    #[test]
    fn the_same_drawing_gives_the_same_bytes() {
        let drawn = svg("a", "Title", 60, |_| Ok(())).unwrap();
        assert_eq!(png(&drawn).unwrap(), png(&drawn).unwrap());
        assert!(png("no drawing").is_err());
    }
}
