//! [`augment`]: the one list of operations, in their order.
//!
//! Does not know about epochs or files; what it draws comes from [`Draw`].

use super::{flip, rotate};
use crate::{base::random::Draw, data::volume::Grid, spec::Augment};
use std::borrow::Cow;

/// Changes a case by every operation that `rules` name, with the chances of `draw`.
///
/// `image` is on the network's input range 0..1, on the grid of `labels`. The order counts: each
/// operation works on what the one before left.
pub fn augment(
    image: &Grid<f32>,
    labels: &Grid<u8>,
    rules: &Augment,
    draw: Draw<'_>,
) -> (Grid<f32>, Grid<u8>) {
    // An operation that makes a new grid needs no copy of the old one.
    let (mut image, mut labels) = (Cow::Borrowed(image), Cow::Borrowed(labels));
    if let Some(rule) = &rules.flip {
        flip::apply(rule, &mut image, &mut labels, draw);
    }
    if let Some(rule) = &rules.rotate {
        rotate::apply(rule, &mut image, &mut labels, draw);
    }
    (image.into_owned(), labels.into_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "a flip moves values and changes none")]

    use super::*;
    use crate::spec::{Axis, Flip, Rotate, RotationFill};

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
