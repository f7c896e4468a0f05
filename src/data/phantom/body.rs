//! [`Body`]: the anatomy of a synthetic patient, painted from the outside in.
//!
//! Lengths are millimetres, angles radians, places relative to the middle of the volume, heights
//! counted from its lowest slice. What is painted later lies in front.
//!
//! Does not know about voxels or noise.

use super::canvas::{AIR, Canvas, Ellipsoid, Material};
use crate::{base::random::Stream, data::geometry::Spacing};
use std::f64::consts::TAU;

/// Longer than any volume: an ellipsoid of this radius is a cylinder.
const LONG: f64 = 4000.0;

/// The build of one patient, in millimetres about the middle of the volume.
#[derive(Debug)]
pub(super) struct Body {
    /// Outer surface.
    skin: Ellipsoid,
    /// What lies within the muscles of the wall.
    cavity: Ellipsoid,
    /// Thickness of the wall's muscles.
    muscle: f64,
    /// Lowest slice.
    floor: f64,
    /// Middle of the vertebral column.
    spine: [f64; 2],
}

impl Body {
    pub(super) fn drawn(stream: &mut Stream, half_height: f64) -> Self {
        let centre = [stream.range(-8.0, 8.0), stream.range(-4.0, 8.0)];
        let half = [stream.range(152.0, 172.0), stream.range(102.0, 116.0)];
        let fat = stream.range(14.0, 24.0);
        let muscle = stream.range(11.0, 15.0);
        let inner = [half[0] - fat - muscle - 4.0, half[1] - fat - muscle];
        let spine = [centre[0], centre[1] - inner[1] + 16.0];
        Self {
            skin: Ellipsoid::new([centre[0], centre[1], 0.0], [half[0], half[1], LONG]),
            // Narrower towards the pelvis.
            cavity: Ellipsoid::new(
                [centre[0], centre[1], 40.0],
                [inner[0], inner[1], stream.range(260.0, 290.0)],
            ),
            muscle,
            floor: -half_height,
            spine,
        }
    }

    /// Height above the lowest slice.
    fn above_floor(&self, millimetres: f64) -> f64 {
        self.floor + millimetres
    }

    /// Front surface of the cavity at `x` and `z`.
    fn front(&self, x: f64, z: f64) -> f64 {
        let Ellipsoid { centre, radii, .. } = self.cavity;
        let outside = ((x - centre[0]) / radii[0]).powi(2) + ((z - centre[2]) / radii[2]).powi(2);
        centre[1] + radii[1] * (1.0 - outside).max(0.0).sqrt()
    }

    /// Table, skin, fat under the skin, muscle, and the fat within.
    pub(super) fn paint_wall(&self, canvas: &mut Canvas) {
        let back = self.skin.centre[1] - self.skin.radii[1];
        let table = Ellipsoid::new([0.0, back + 135.0, 0.0], [230.0, 155.0, LONG]);
        canvas.paint(table, Material { hu: 60.0, texture: 0.0, class: 0 }, None);
        let foam = Material { hu: -920.0, texture: 0.0, class: 0 };
        canvas.paint(table.grown(-9.0), foam, None);
        let air = Material { hu: AIR, texture: 0.0, class: 0 };
        // Only the part below the back is a table.
        let above = Ellipsoid::new([0.0, back + 1494.0, 0.0], [1500.0, 1500.0, LONG]);
        canvas.paint(above, air, None);
        canvas.paint(self.skin, Material::healthy(35.0), None);
        canvas.paint(self.skin.grown(-3.0), Material::healthy(-105.0), None);
        canvas.paint(self.cavity.grown(self.muscle), Material::healthy(56.0), None);
        canvas.paint(self.cavity, Material::healthy(-95.0), None);
        for side in [-1.0, 1.0] {
            let gluteus = [self.skin.centre[0] + side * 82.0, self.spine[1] + 6.0];
            let centre = [gluteus[0], gluteus[1], self.above_floor(10.0)];
            let shape = Ellipsoid::new(centre, [42.0, 24.0, 90.0]).turned(side * 0.5);
            canvas.paint(shape, Material::healthy(54.0), Some(self.skin.grown(-12.0)));
        }
    }

    /// Liver, spleen, stomach and kidneys above; bladder, uterus and rectum below.
    pub(super) fn paint_organs(&self, canvas: &mut Canvas, stream: &mut Stream) {
        let [x, y, _] = self.cavity.centre;
        let low = self.floor;
        let mut paint = |hu: f64, centre: [f64; 3], radii: [f64; 3]| {
            let jitter = [0; 3].map(|_| stream.range(-5.0, 5.0));
            let scale = stream.range(0.88, 1.12);
            let centre = [0, 1, 2].map(|axis| centre[axis] + jitter[axis]);
            let shape = Ellipsoid::new(centre, radii.map(|radius| radius * scale));
            let hu = hu + stream.range(-8.0, 8.0);
            canvas.paint(shape, Material::healthy(hu), Some(self.cavity));
        };
        paint(114.0, [x + 62.0, y + 2.0, low + 275.0], [72.0, 74.0, 78.0]);
        paint(126.0, [x - 88.0, y - 24.0, low + 262.0], [30.0, 40.0, 42.0]);
        paint(24.0, [x - 42.0, y + 24.0, low + 268.0], [42.0, 34.0, 30.0]);
        paint(162.0, [x + 58.0, y - 34.0, low + 190.0], [25.0, 27.0, 46.0]);
        paint(162.0, [x - 58.0, y - 34.0, low + 198.0], [25.0, 27.0, 46.0]);
        paint(6.0, [x, y + 30.0, low + 30.0], [36.0, 28.0, 26.0]);
        paint(84.0, [x, y - 8.0, low + 36.0], [27.0, 24.0, 26.0]);
        paint(48.0, [x, y - 44.0, low + 20.0], [17.0, 17.0, 60.0]);
        paint(-420.0, [x, y - 42.0, low + 20.0], [9.0, 9.0, 52.0]);
    }

    /// Loops of bowel: a wall around fluid, contrast medium or gas that lies in front.
    pub(super) fn paint_bowel(&self, canvas: &mut Canvas, stream: &mut Stream) {
        let cavity = Some(self.cavity.grown(-3.0));
        for _ in 0..16 {
            let radius = stream.range(11.0, 16.0);
            let filling = match stream.below(3) {
                0 => stream.range(8.0, 30.0),
                1 => stream.range(170.0, 260.0),
                _ => -850.0,
            };
            let mut centre = [
                self.cavity.centre[0] + stream.range(-85.0, 85.0),
                self.cavity.centre[1] + stream.range(-26.0, 24.0),
                self.above_floor(stream.range(75.0, 215.0)),
            ];
            let mut heading = stream.range(0.0, TAU);
            for _ in 0..5 {
                let tube = Ellipsoid::new(centre, [radius; 3]);
                canvas.paint(tube, Material::healthy(78.0), cavity);
                let lumen = tube.grown(-3.5);
                canvas.paint(lumen, Material::healthy(filling.max(12.0)), cavity);
                if filling < 0.0 {
                    let mut gas = lumen.grown(-1.0);
                    gas.centre[1] += 2.5;
                    canvas.paint(gas, Material::healthy(filling), cavity);
                }
                heading += stream.range(-0.8, 0.8);
                centre[0] += 0.9 * radius * heading.cos();
                centre[1] += 0.5 * radius * heading.sin();
                centre[2] += stream.range(-6.0, 6.0);
            }
        }
    }

    /// Plaques in the fat behind the front wall.
    pub(super) fn paint_deposits(&self, canvas: &mut Canvas, stream: &mut Stream) {
        let hu = stream.range(90.0, 125.0);
        for _ in 0..6 + stream.below(4) {
            let x = self.cavity.centre[0] + stream.range(-78.0, 78.0);
            let z = self.above_floor(stream.range(100.0, 205.0));
            let radii =
                [stream.range(22.0, 38.0), stream.range(15.0, 20.0), stream.range(20.0, 30.0)];
            let radii = at_least_a_voxel(radii, canvas.frame.spacing);
            let y = self.front(x, z) - radii[1] - stream.range(3.0, 9.0);
            // Lies along the wall.
            let turn = (x - self.cavity.centre[0]) * -0.006;
            let material = Material { hu: hu + stream.range(-10.0, 10.0), texture: 9.0, class: 2 };
            let shape = Ellipsoid::new([x, y, z], radii).turned(turn);
            canvas.paint(shape, material, Some(self.cavity));
        }
    }

    /// A lobulated mass beside the uterus; two in five have a cyst.
    pub(super) fn paint_primary(&self, canvas: &mut Canvas, stream: &mut Stream) {
        let side = if stream.chance(0.5) { 1.0 } else { -1.0 };
        let reach = stream.range(40.0, 58.0);
        let centre = [
            self.cavity.centre[0] + side * stream.range(22.0, 48.0),
            self.cavity.centre[1] + stream.range(-14.0, 12.0),
            self.above_floor(stream.range(48.0, 80.0)),
        ];
        let hu = stream.range(64.0, 92.0);
        let solid = Material { hu, texture: 14.0, class: 1 };
        let mass = at_least_a_voxel([reach, reach * 0.85, reach * 0.8], canvas.frame.spacing);
        canvas.paint(Ellipsoid::new(centre, mass), solid, Some(self.cavity));
        for _ in 0..5 {
            let away = [0; 3].map(|_| stream.range(-0.7, 0.7) * reach);
            let lobe = [0, 1, 2].map(|axis| centre[axis] + away[axis]);
            let radius = reach * stream.range(0.4, 0.6);
            canvas.paint(Ellipsoid::new(lobe, [radius; 3]), solid, Some(self.cavity));
        }
        if stream.chance(0.4) {
            let cyst = Material { hu: stream.range(10.0, 24.0), texture: 4.0, class: 1 };
            let radii = mass.map(|radius| radius * stream.range(0.45, 0.62));
            canvas.paint(Ellipsoid::new(centre, radii), cyst, Some(self.cavity));
        }
    }

    /// Psoas, great vessels, vertebrae with discs and arch, sacrum and iliac wings.
    pub(super) fn paint_bones(&self, canvas: &mut Canvas) {
        let [x, y] = self.spine;
        let mut paint = |hu: f64, shape: Ellipsoid| {
            canvas.paint(shape, Material::healthy(hu), Some(self.skin.grown(-6.0)));
        };
        for side in [-1.0, 1.0] {
            let psoas = [x + side * 38.0, y + 8.0, self.above_floor(120.0)];
            paint(58.0, Ellipsoid::new(psoas, [15.0, 18.0, 90.0]));
            let paraspinal = [x + side * 30.0, y - 32.0, 0.0];
            paint(55.0, Ellipsoid::new(paraspinal, [25.0, 17.0, LONG]));
            let wing = [x + side * 92.0, y + 36.0, self.above_floor(52.0)];
            let wing = Ellipsoid::new(wing, [11.0, 46.0, 62.0]).turned(side * -0.45);
            paint(440.0, wing);
            paint(190.0, wing.grown(-4.5));
        }
        paint(150.0, Ellipsoid::new([x - 9.0, y + 28.0, 190.0], [9.0, 9.0, 220.0]));
        paint(135.0, Ellipsoid::new([x + 13.0, y + 27.0, 190.0], [11.0, 9.0, 220.0]));
        let vertebra = Ellipsoid::new([x, y, 0.0], [23.0, 17.0, LONG]);
        paint(430.0, vertebra);
        paint(185.0, vertebra.grown(-4.0));
        for disc in 0..9 {
            let centre = [x, y, self.above_floor(70.0 + 36.0 * f64::from(disc))];
            paint(85.0, Ellipsoid::new(centre, [22.0, 16.0, 6.0]));
        }
        paint(480.0, Ellipsoid::new([x, y - 26.0, 0.0], [16.0, 13.0, LONG]));
        paint(22.0, Ellipsoid::new([x, y - 23.0, 0.0], [8.5, 7.5, LONG]));
        paint(460.0, Ellipsoid::new([x, y - 45.0, 0.0], [4.5, 14.0, LONG]));
        let sacrum = Ellipsoid::new([x, y - 8.0, self.above_floor(30.0)], [44.0, 20.0, 48.0]);
        paint(420.0, sacrum);
        paint(170.0, sacrum.grown(-4.5));
    }
}

/// Radii large enough that a voxel's middle lies within, on any grid.
fn at_least_a_voxel(radii: [f64; 3], spacing: Spacing) -> [f64; 3] {
    [0, 1, 2].map(|axis| f64::max(radii[axis], 0.9 * spacing.0[axis]))
}
