//! [`augment`]: random changes of a training case, the same to image and labels.
//!
//! Knows nothing of epochs or files; what it draws it gets from [`Draw`].

use crate::{
    base::random::Draw,
    data::{
        rotate::{self, Beyond},
        volume::Grid,
    },
    spec::{Augment, Axis, RotationFill},
};

/// Flips, then rotates, as far as `rules` and `draw` will.
///
/// `image` is on the network's input range 0..1, on the grid of `labels`.
pub fn augment(
    image: &Grid<f32>,
    labels: &Grid<u8>,
    rules: &Augment,
    draw: Draw<'_>,
) -> (Grid<f32>, Grid<u8>) {
    let (mut image, mut labels) = (image.clone(), labels.clone());
    if let Some(rule) = &rules.flip {
        for &axis in &rule.axes {
            if draw.stream(flip_name(axis)).chance(rule.p) {
                flip(&mut image, axis);
                flip(&mut labels, axis);
            }
        }
    }
    if let Some(rule) = &rules.rotate {
        let mut stream = draw.stream("rotate");
        if stream.chance(rule.p) {
            let degrees = stream.range(-rule.degrees, rule.degrees);
            // Air is the low end of the input range, and background.
            let (image_beyond, labels_beyond) = match rule.fill {
                RotationFill::Reflect => (Beyond::Mirror, Beyond::Mirror),
                RotationFill::Air => (Beyond::Value(0.0), Beyond::Value(0)),
            };
            image = rotate::linear(&image, degrees, image_beyond);
            labels = rotate::nearest(&labels, degrees, labels_beyond);
        }
    }
    (image, labels)
}

fn flip_name(axis: Axis) -> &'static str {
    match axis {
        Axis::X => "flip-x",
        Axis::Y => "flip-y",
        Axis::Z => "flip-z",
    }
}

/// Mirrors a grid along one axis.
fn flip<T: Copy>(grid: &mut Grid<T>, axis: Axis) {
    let shape = grid.shape();
    let n_lines = shape[axis.index()];
    let length: usize = shape[axis.index() + 1..].iter().product();
    if grid.values().is_empty() {
        return;
    }
    for block in grid.values_mut().chunks_exact_mut(n_lines * length) {
        let (front, back) = block.split_at_mut(n_lines / 2 * length);
        for (left, right) in front.chunks_exact_mut(length).zip(back.rchunks_exact_mut(length)) {
            left.swap_with_slice(right);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "a flip moves values and changes none")]

    use super::*;
    use crate::spec::{Flip, Rotate};

    fn case() -> (Grid<f32>, Grid<u8>) {
        let image = Grid::from_fn([6, 5, 3], |[x, y, z]| (x * 15 + y * 3 + z) as f32 / 90.0);
        let labels = Grid::from_fn([6, 5, 3], |[x, y, _]| u8::from(x > 3 && y > 1));
        (image, labels)
    }

    fn draw(epoch: usize) -> Draw<'static> {
        Draw { seed: 1, epoch, case: "case" }
    }

    #[test]
    fn flips_mirror_image_and_labels_alike() {
        let (image, labels) = case();
        for (axis, mirrored) in [(Axis::X, [5, 1, 2]), (Axis::Y, [0, 3, 2]), (Axis::Z, [0, 1, 0])] {
            let rules = Augment { flip: Some(Flip { p: 1.0, axes: vec![axis] }), rotate: None };
            let (flipped, flipped_labels) = augment(&image, &labels, &rules, draw(1));
            assert_eq!(flipped.at([0, 1, 2]), image.at(mirrored));
            assert_eq!(flipped_labels.at([0, 1, 2]), labels.at(mirrored));
            let (again, _) = augment(&flipped, &flipped_labels, &rules, draw(1));
            assert_eq!(again, image);
        }
    }

    #[test]
    fn nothing_asked_nothing_changed() {
        let (image, labels) = case();
        assert_eq!(augment(&image, &labels, &Augment::default(), draw(1)), (image, labels));
    }

    #[test]
    fn half_of_the_epochs_flip() {
        let (image, labels) = case();
        let rules = Augment { flip: Some(Flip { p: 0.5, axes: vec![Axis::X] }), rotate: None };
        let n_flipped = (1..=400)
            .filter(|&epoch| augment(&image, &labels, &rules, draw(epoch)).0 != image)
            .count();
        // Four standard deviations of a binomial of 400 draws are 40.
        assert!((160..=240).contains(&n_flipped), "{n_flipped}");
    }

    #[test]
    fn a_rotation_keeps_classes_and_depends_on_the_epoch() {
        let (image, labels) = case();
        let rotate = Rotate { p: 1.0, degrees: 15.0, fill: RotationFill::Air };
        let rules = Augment { flip: None, rotate: Some(rotate) };
        let (first, first_labels) = augment(&image, &labels, &rules, draw(1));
        assert_eq!(augment(&image, &labels, &rules, draw(1)).0, first);
        assert_ne!(augment(&image, &labels, &rules, draw(2)).0, first);
        assert!(first_labels.values().iter().all(|&class| class < 2));
        assert!(first.values().iter().all(|value| (0.0..=1.0).contains(value)));
    }
}
