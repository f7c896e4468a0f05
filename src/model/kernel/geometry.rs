//! [`Geometry`] and [`Extent`]: how a convolution moves over a batch of volumes.
//!
//! Does not know what is computed.

/// How a convolution moves over a volume, an entry an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Voxels of the kernel.
    pub kernel: [usize; 3],
    /// Voxels from one place to the next.
    pub stride: [usize; 3],
    /// Zeros before the first voxel; as many follow the last.
    pub padding: [usize; 3],
}

/// A batch of volumes: cases, three axes and channels, in this order in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Cases.
    pub n: usize,
    /// Voxels along each axis.
    pub size: [usize; 3],
    /// Values of a voxel.
    pub channels: usize,
}

impl Extent {
    /// Values of the whole batch.
    pub fn values(&self) -> usize {
        self.n * self.voxels() * self.channels
    }

    /// Voxels of one case.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    /// Values of one plane of the first axis.
    pub fn plane(&self) -> usize {
        self.size[1] * self.size[2] * self.channels
    }
}

impl Geometry {
    /// A kernel of odd length that keeps the size at stride 1.
    pub fn centred(kernel: [usize; 3], stride: [usize; 3]) -> Self {
        Self { kernel, stride, padding: kernel.map(|k| (k - 1) / 2) }
    }

    /// A kernel whose places touch without overlap.
    pub fn blocks(size: [usize; 3]) -> Self {
        Self { kernel: size, stride: size, padding: [0; 3] }
    }

    /// Places of the kernel in a volume.
    pub fn output(&self, size: [usize; 3]) -> [usize; 3] {
        std::array::from_fn(|a| {
            (size[a] + 2 * self.padding[a] - self.kernel[a]) / self.stride[a] + 1
        })
    }

    /// Voxels of the kernel.
    pub(super) fn taps(&self) -> usize {
        self.kernel.iter().product()
    }
}
