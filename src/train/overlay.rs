//! [`Overlay`]: one CT slice with the contours of reference and prediction.
//!
//! Seen as radiologists do: from the feet, the patient's right on the left, front at the top.
//! Colour says who drew (reference blue, prediction orange), dashes say the class.
//!
//! Knows nothing of scores or folders.

use crate::data::{
    geometry::Orientation,
    orient::reorient,
    volume::{Grid, Placed, Volume},
};
use std::io;

const REFERENCE: [u8; 3] = [86, 180, 233];
const PREDICTION: [u8; 3] = [230, 159, 0];
/// Length of the longer side in pixels, at least.
const SIDE: f64 = 512.0;

/// A slice cut out of a case.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Slice index from the feet, from 0.
    pub slice: usize,
    /// CT window in HU.
    pub window: [f64; 2],
    ct: Grid<f32>,
    reference: Grid<u8>,
    prediction: Grid<u8>,
    spacing: [f64; 2],
}

/// Cuts the axial slice with the most reference foreground (of the prediction when there is none,
/// the middle one when there is neither), however the axes of `volume` run.
pub(super) fn cut(
    volume: Volume,
    reference: &Grid<u8>,
    prediction: &Grid<u8>,
    window: [f64; 2],
) -> Overlay {
    let affine = volume.affine;
    let upright = |labels: &Grid<u8>| {
        reorient(Placed { voxels: labels.clone(), affine }, Orientation::RAS).voxels
    };
    let (reference, prediction) = (&upright(reference), &upright(prediction));
    let volume = reorient(volume, Orientation::RAS);
    let n_slices = volume.voxels.shape()[2];
    let slice =
        fullest_slice(reference).or_else(|| fullest_slice(prediction)).unwrap_or(n_slices / 2);
    let spacing = volume.affine.spacing().0;
    Overlay {
        slice,
        window,
        ct: plane(&volume.voxels, slice),
        reference: plane(reference, slice),
        prediction: plane(prediction, slice),
        spacing: [spacing[0], spacing[1]],
    }
}

fn fullest_slice(labels: &Grid<u8>) -> Option<usize> {
    let n_slices = labels.shape()[2];
    let mut areas = vec![0_usize; n_slices];
    for (index, &label) in labels.values().iter().enumerate() {
        areas[index % n_slices] += usize::from(label > 0);
    }
    let largest = areas.iter().copied().max().filter(|&area| area > 0)?;
    areas.iter().position(|&area| area == largest)
}

fn plane<T: Copy>(grid: &Grid<T>, z: usize) -> Grid<T> {
    let [nx, ny, _] = grid.shape();
    Grid::from_fn([nx, ny, 1], |[x, y, _]| grid.at([x, y, z]))
}

impl Overlay {
    /// The picture as a PNG.
    ///
    /// # Errors
    /// When it cannot be encoded, which memory alone can cause.
    pub fn png(&self) -> io::Result<Vec<u8>> {
        let [nx, ny, _] = self.ct.shape();
        let extent = [nx as f64 * self.spacing[0], ny as f64 * self.spacing[1]];
        let pixels_per_mm = SIDE / extent[0].max(extent[1]);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 512")]
        let [width, height] = extent.map(|mm| (mm * pixels_per_mm).round().max(1.0) as usize);
        let voxel = |column: usize, row: usize| {
            // Right of the patient is at high x in RAS and drawn on the left; front is high y.
            let x = (width - 1 - column) * nx / width;
            let y = (height - 1 - row) * ny / height;
            [x, y, 0]
        };
        let mut pixels = Vec::with_capacity(width * height * 3);
        for row in 0..height {
            for column in 0..width {
                let place = voxel(column, row);
                let shade = self.shade(self.ct.at(place));
                let edge = |labels: &Grid<u8>| {
                    let class = labels.at(place);
                    // Beyond the picture is background, so that contours close along its border.
                    let around = neighbours(column, row, width, height);
                    let n_same = around
                        .filter(|&(column, row)| labels.at(voxel(column, row)) == class)
                        .count();
                    let is_edge = class > 0 && n_same < N_NEIGHBOURS;
                    (is_edge && is_drawn(class, column + row)).then_some(())
                };
                let colour = match (edge(&self.prediction), edge(&self.reference)) {
                    // Where both run together they take turns.
                    (Some(()), Some(())) if (column + row) / 4 % 2 == 0 => REFERENCE,
                    (Some(()), _) => PREDICTION,
                    (None, Some(())) => REFERENCE,
                    (None, None) => [shade; 3],
                };
                pixels.extend(colour);
            }
        }
        encode(&pixels, width, height)
    }

    fn shade(&self, hu: f32) -> u8 {
        let [lower, upper] = self.window;
        let share = (f64::from(hu) - lower) / (upper - lower);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let shade = (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        shade
    }
}

const N_NEIGHBOURS: usize = 8;

/// Two pixels around, so that contours are two pixels wide.
fn neighbours(
    column: usize,
    row: usize,
    width: usize,
    height: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let offsets: [_; N_NEIGHBOURS] =
        [(-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, 1), (-1, 1), (1, -1)];
    offsets.into_iter().filter_map(move |(dx, dy)| {
        let column = column.checked_add_signed(dx).filter(|&column| column < width)?;
        let row = row.checked_add_signed(dy).filter(|&row| row < height)?;
        Some((column, row))
    })
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
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::geometry::Affine;

    /// A bright spot at the patient's right front must be drawn at the top left, also from a file
    /// whose axes run to the left and back.
    #[test]
    fn right_is_drawn_on_the_left_and_front_at_the_top() {
        right_front_is_at_the_top_left([7, 7, 1], [1.0, 1.0]);
        right_front_is_at_the_top_left([0, 0, 1], [-1.0, -1.0]);
    }

    fn right_front_is_at_the_top_left(spot: [usize; 3], steps: [f64; 2]) {
        let shape = [8, 8, 3];
        let mut ct = Grid::filled(shape, -1000.0);
        ct.set(spot, 1000.0);
        let mut reference = Grid::filled(shape, 0);
        reference.set([4, 4, 1], 1);
        let [x, y] = steps;
        let affine = Affine([[x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
        let volume = Volume { voxels: ct, affine };
        let overlay = cut(volume, &reference, &Grid::filled(shape, 0), [-160.0, 240.0]);
        assert_eq!(overlay.slice, 1);
        let png = overlay.png().unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (512, 512));
        let at = |column: usize, row: usize| &pixels[(row * 512 + column) * 3..][..3];
        assert_eq!(at(20, 20), [255, 255, 255]);
        assert_eq!(at(500, 20), [0, 0, 0]);
        assert!(pixels.chunks(3).any(|pixel| pixel == REFERENCE));
    }
}
