//! The picture of an [`Overlay`]: a row a plane, and CT, reference, prediction, errors across.
//!
//! Classes are filled with their colour and outlined: the first solid, the second dashed, the
//! third dotted. Errors: what is missed, what is too much, what got another class; what is right
//! is only outlined.
//!
//! Does not know why these slices.

use super::{
    Overlay,
    colour::{Tint, palette},
    cut::Plane,
};
use std::io;

/// Side of a tile in pixels.
const TILE: usize = 240;
/// Between tiles.
const GAP: usize = 4;
const COLUMNS: [Column; 4] = [Column::Ct, Column::Reference, Column::Prediction, Column::Errors];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Ct,
    Reference,
    Prediction,
    Errors,
}

impl Overlay {
    /// The picture as a PNG.
    ///
    /// # Errors
    /// When it cannot be encoded, which memory alone can cause.
    pub fn png(&self) -> io::Result<Vec<u8>> {
        let tiles: Vec<Tile<'_>> =
            self.planes.iter().map(|plane| Tile::of(plane, self.window)).collect();
        let width = COLUMNS.len() * (TILE + GAP) - GAP;
        let height = tiles.iter().map(|tile| tile.height + GAP).sum::<usize>() - GAP;
        let mut pixels = vec![Tint::Plain.over(0.0); width * height];
        let mut top = 0;
        for tile in &tiles {
            for (column_idx, column) in COLUMNS.into_iter().enumerate() {
                let left = column_idx * (TILE + GAP) + (TILE - tile.width) / 2;
                for y in 0..tile.height {
                    for x in 0..tile.width {
                        pixels[(top + y) * width + left + x] = tile.pixel(column, x, y);
                    }
                }
            }
            top += tile.height + GAP;
        }
        encode(&pixels, width, height)
    }
}

/// A plane at the size it is drawn.
struct Tile<'a> {
    plane: &'a Plane,
    window: [f64; 2],
    width: usize,
    height: usize,
}

impl<'a> Tile<'a> {
    fn of(plane: &'a Plane, window: [f64; 2]) -> Self {
        let mm = [0, 1].map(|side: usize| plane.size[side] as f64 * plane.spacing[side]);
        let pixels_per_mm = TILE as f64 / mm[0].max(mm[1]);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 240")]
        let [width, height] = mm.map(|mm| (mm * pixels_per_mm).round().max(1.0) as usize);
        Self { plane, window, width: width.min(TILE), height: height.min(TILE) }
    }

    /// Position of the voxel under a pixel.
    fn voxel(&self, x: usize, y: usize) -> usize {
        let [n_columns, n_rows] = self.plane.size;
        (y * n_rows / self.height) * n_columns + x * n_columns / self.width
    }

    fn pixel(&self, column: Column, x: usize, y: usize) -> u8 {
        let voxel = self.voxel(x, y);
        let [lower, upper] = self.window;
        let shade = (f64::from(self.plane.ct[voxel]) - lower) / (upper - lower);
        let (reference, prediction) = (&self.plane.reference, &self.plane.prediction);
        match column {
            Column::Ct => Tint::Plain.over(shade),
            Column::Reference => self.filled(reference, shade, x, y),
            Column::Prediction => self.filled(prediction, shade, x, y),
            Column::Errors => {
                let tint = match (reference[voxel], prediction[voxel]) {
                    (0, 0) => Tint::Plain,
                    (same, other) if same == other => {
                        return if self.is_edge(reference, x, y) {
                            Tint::Class(same).pure()
                        } else {
                            Tint::Plain.over(shade)
                        };
                    }
                    (_, 0) => Tint::Missed,
                    (0, _) => Tint::Extra,
                    _ => Tint::Swapped,
                };
                // Errors are often a voxel wide: the CT below them is not worth their colour.
                if tint == Tint::Plain { tint.over(shade) } else { tint.pure() }
            }
        }
    }

    fn filled(&self, labels: &[u8], shade: f64, x: usize, y: usize) -> u8 {
        let class = labels[self.voxel(x, y)];
        if class == 0 {
            return Tint::Plain.over(shade);
        }
        let tint = Tint::Class(class);
        if self.is_edge(labels, x, y) && is_drawn(class, x + y) {
            tint.pure()
        } else {
            tint.over(shade)
        }
    }

    /// Whether a pixel beside this one has another class; beyond the picture is background, so
    /// that contours close along its border.
    fn is_edge(&self, labels: &[u8], x: usize, y: usize) -> bool {
        let class = labels[self.voxel(x, y)];
        let is_same = |dx: isize, dy: isize| {
            let x = x.checked_add_signed(dx).filter(|x| *x < self.width);
            let y = y.checked_add_signed(dy).filter(|y| *y < self.height);
            x.zip(y).is_some_and(|(x, y)| labels[self.voxel(x, y)] == class)
        };
        ![(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().all(|(dx, dy)| is_same(dx, dy))
    }
}

/// Class 1 is solid, class 2 dashed, class 3 dotted, and so on in turn.
fn is_drawn(class: u8, along: usize) -> bool {
    match class % 3 {
        1 => true,
        2 => along % 10 < 6,
        _ => along % 5 < 2,
    }
}

fn encode(pixels: &[u8], width: usize, height: usize) -> io::Result<Vec<u8>> {
    let side = |n: usize| u32::try_from(n).map_err(io::Error::other);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side(width)?, side(height)?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::cut, *};
    use crate::data::{
        geometry::Affine,
        volume::{Grid, Volume},
    };

    /// Colour numbers of a picture, and its width.
    fn drawn(overlay: &Overlay) -> (Vec<u8>, usize) {
        let png = overlay.png().unwrap();
        let mut decoder = png::Decoder::new(io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::IDENTITY);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (pixels, info.width as usize)
    }

    fn case(steps: [f64; 3], spot: [usize; 3]) -> (Volume, Grid<u8>) {
        let shape = [8, 8, 8];
        let mut ct = Grid::filled(shape, -1000.0);
        ct.set(spot, 1000.0);
        let mut labels = Grid::filled(shape, 0);
        labels.set(spot, 1);
        let [x, y, z] = steps;
        let affine = Affine([[x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, z, 0.0]]);
        (Volume { voxels: ct, affine }, labels)
    }

    /// A bright spot at the patient's right, front and head must be drawn at the top left of the
    /// axial and coronal plane, and of the sagittal one, also from a file whose axes run the other
    /// way.
    #[test]
    fn right_and_front_are_drawn_on_the_left_and_the_head_at_the_top() {
        for (steps, spot) in [([1.0; 3], [7, 7, 7]), ([-1.0; 3], [0, 0, 0])] {
            let (volume, labels) = case(steps, spot);
            let overlay = cut(volume, &labels, &Grid::filled([8; 3], 0), [-160.0, 240.0]);
            assert_eq!(overlay.slice, 7);
            let (pixels, width) = drawn(&overlay);
            for plane in 0..3 {
                let at = |x: usize, y: usize| pixels[(plane * (TILE + GAP) + y) * width + x];
                assert_eq!(at(10, 10), Tint::Plain.over(1.0), "plane {plane}");
                assert_eq!(at(200, 200), Tint::Plain.over(0.0), "plane {plane}");
            }
        }
    }

    #[test]
    fn each_kind_of_error_has_its_colour() {
        let (volume, mut reference) = case([1.0; 3], [4, 4, 4]);
        let mut prediction = Grid::filled([8; 3], 0);
        let voxels = [([2, 4, 4], 1, 0), ([3, 4, 4], 0, 1), ([5, 4, 4], 1, 2), ([4, 4, 4], 1, 1)];
        for (place, of_reference, of_prediction) in voxels {
            reference.set(place, of_reference);
            prediction.set(place, of_prediction);
        }
        let overlay = cut(volume, &reference, &prediction, [-160.0, 240.0]);
        let (pixels, width) = drawn(&overlay);
        let middle = |x: usize| {
            // High x is on the left; each voxel is 30 pixels wide, in the fourth column of tiles.
            let column = 3 * (TILE + GAP) + (7 - x) * 30 + 15;
            pixels[(3 * 30 + 15) * width + column]
        };
        let expected = [(2, Tint::Missed), (3, Tint::Extra), (5, Tint::Swapped)];
        for (x, tint) in expected {
            assert_eq!(middle(x), tint.pure(), "{tint:?}");
        }
        assert_eq!(middle(4), Tint::Plain.over(1.0));
        assert_eq!(middle(6), Tint::Plain.over(0.0));
    }
}
