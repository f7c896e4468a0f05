//! [`Grid`]: a box of voxels, and [`Volume`] and [`LabelMap`], which know where they lie.
//!
//! Does not know about files or what a value means.

use crate::data::geometry::Affine;

/// Voxels on a box, axes `[x, y, z]`, the last axis fastest: the order of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid<T> {
    shape: [usize; 3],
    data: Vec<T>,
}

impl<T: Copy> Grid<T> {
    /// A box of one value.
    pub fn filled(shape: [usize; 3], value: T) -> Self {
        Self { shape, data: vec![value; shape.iter().product()] }
    }

    /// A box from its values; `None` when their number does not fit the shape.
    pub fn from_vec(shape: [usize; 3], data: Vec<T>) -> Option<Self> {
        (shape.iter().product::<usize>() == data.len()).then_some(Self { shape, data })
    }

    /// A box whose value at `[x, y, z]` is `value([x, y, z])`.
    pub fn from_fn(shape: [usize; 3], mut value: impl FnMut([usize; 3]) -> T) -> Self {
        let mut data = Vec::with_capacity(shape.iter().product());
        for x in 0..shape[0] {
            for y in 0..shape[1] {
                for z in 0..shape[2] {
                    data.push(value([x, y, z]));
                }
            }
        }
        Self { shape, data }
    }

    /// Voxels along x, y and z.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Position of `[x, y, z]` in [`values`](Self::values).
    pub fn index(&self, [x, y, z]: [usize; 3]) -> usize {
        (x * self.shape[1] + y) * self.shape[2] + z
    }

    /// Value at `[x, y, z]`.
    pub fn at(&self, position: [usize; 3]) -> T {
        self.data[self.index(position)]
    }

    /// Sets the value at `[x, y, z]`.
    pub fn set(&mut self, position: [usize; 3], value: T) {
        let index = self.index(position);
        self.data[index] = value;
    }

    /// All values, z fastest.
    pub fn values(&self) -> &[T] {
        &self.data
    }

    /// All values, z fastest, to change.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// All values, z fastest.
    pub fn into_values(self) -> Vec<T> {
        self.data
    }

    /// Each value changed by itself.
    pub fn map<U: Copy>(&self, change: impl Fn(T) -> U) -> Grid<U> {
        Grid { shape: self.shape, data: self.data.iter().map(|&value| change(value)).collect() }
    }
}

/// A grid and where it lies in the patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The values.
    pub voxels: Grid<T>,
    /// Voxel index to RAS millimetres.
    pub affine: Affine,
}

/// A CT: values in HU.
pub type Volume = Placed<f32>;

/// Class indices.
pub type LabelMap = Placed<u8>;
