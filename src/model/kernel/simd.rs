//! [`Lanes`]: vectors of `f32` of the width that the machine has, and [`run`], which chooses it.
//!
//! AVX-512 and AVX2 come from `pulp`, which checks for them at run time; [`Plain`] is written so
//! that the compiler makes vectors of it on any machine. `SEGLAB_SIMD=avx2` or `plain` holds a
//! process to less than the machine has.
//!
//! Does not know what is computed.

use pulp::{Simd, WithSimd};
use std::{env, sync::LazyLock};

/// A vector unit: a few `f32` that are computed with at once.
pub trait Lanes: Copy + Send + Sync {
    /// Values of one vector.
    type V: Copy + Send + Sync;
    /// Values in a vector.
    const N: usize;
    /// Whole vectors of a slice; a rest is left out.
    fn vectors(values: &[f32]) -> &[Self::V];
    /// Whole vectors of a slice; a rest is left out.
    fn vectors_mut(values: &mut [f32]) -> &mut [Self::V];
    /// The same value in every lane.
    fn splat(self, value: f32) -> Self::V;
    /// `a + b`.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once where the machine can.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger of each pair; `b` where either is NaN, so that a NaN goes on if it is there.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a` where `test` is above 0, else `b`.
    fn where_positive(self, test: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// Writes the first lanes, as many as the slice takes.
    fn store_first(self, target: &mut [f32], values: Self::V);
}

impl<S: Simd> Lanes for S {
    type V = S::f32s;
    const N: usize = S::F32_LANES;
    #[inline(always)]
    fn vectors(values: &[f32]) -> &[Self::V] {
        S::as_simd_f32s(values).0
    }
    #[inline(always)]
    fn vectors_mut(values: &mut [f32]) -> &mut [Self::V] {
        S::as_mut_simd_f32s(values).0
    }
    #[inline(always)]
    fn splat(self, value: f32) -> Self::V {
        self.splat_f32s(value)
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        self.add_f32s(a, b)
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        self.sub_f32s(a, b)
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        self.mul_f32s(a, b)
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.mul_add_e_f32s(a, b, c)
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        self.max_f32s(a, b)
    }
    #[inline(always)]
    fn where_positive(self, test: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let positive = self.less_than_f32s(self.splat_f32s(0.0), test);
        self.select_f32s(positive, a, b)
    }
    #[inline(always)]
    fn store_first(self, target: &mut [f32], values: Self::V) {
        self.partial_store_f32s(target, values);
    }
}

/// Lanes in plain Rust.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain<const N: usize>;

impl<const N: usize> Lanes for Plain<N> {
    type V = [f32; N];
    const N: usize = N;
    #[inline(always)]
    fn vectors(values: &[f32]) -> &[Self::V] {
        values.as_chunks().0
    }
    #[inline(always)]
    fn vectors_mut(values: &mut [f32]) -> &mut [Self::V] {
        values.as_chunks_mut().0
    }
    #[inline(always)]
    fn splat(self, value: f32) -> Self::V {
        [value; N]
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn where_positive(self, test: Self::V, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| if test[i] > 0.0 { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn store_first(self, target: &mut [f32], values: Self::V) {
        for (to, from) in target.iter_mut().zip(values) {
            *to = from;
        }
    }
}

/// A computation that is written once for every width.
pub trait Kernel {
    /// What it gives back.
    type Output;
    /// Whether it may be computed one value at a time; what has no use for that is compiled faster
    /// without.
    const ANY_WIDTH: bool = true;
    /// Computes with `lanes`; `#[inline(always)]`, or it is compiled without the machine's
    /// instructions.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// The vector unit that a computation uses.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// 16 lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    /// 8 lanes.
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// 4 lanes, whatever the machine.
    Plain,
    /// One value at a time.
    Single,
}

impl Unit {
    /// The widest that this machine has and `SEGLAB_SIMD` allows.
    pub fn get() -> Self {
        static UNIT: LazyLock<Unit> =
            LazyLock::new(|| Unit::up_to(env::var("SEGLAB_SIMD").ok().as_deref()));
        *UNIT
    }

    fn up_to(limit: Option<&str>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let (false, Some(avx2)) = (limit == Some("plain"), pulp::x86::V3::try_new()) {
            return match pulp::x86::V4::try_new() {
                Some(avx512) if limit != Some("avx2") => Self::Avx512(avx512),
                _ => Self::Avx2(avx2),
            };
        }
        let _ = limit;
        Self::Plain
    }

    /// The unit for so many columns that are filled up to whole vectors: a narrower one where
    /// half of the last vector would be empty.
    pub fn for_columns(columns: usize) -> Self {
        match Self::get() {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(v4) if (1..=8).contains(&(columns % 16)) => Self::Avx2(*v4),
            unit => unit,
        }
    }

    /// The widest unit whose vectors divide a number of channels.
    pub fn dividing(channels: usize) -> Self {
        let unit = Self::get();
        if channels.is_multiple_of(unit.lanes()) {
            return unit;
        }
        match unit {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(v4) if channels.is_multiple_of(8) => Self::Avx2(*v4),
            _ if channels.is_multiple_of(4) => Self::Plain,
            _ => Self::Single,
        }
    }

    /// Values in a vector.
    pub fn lanes(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => 16,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => 8,
            Self::Plain => 4,
            Self::Single => 1,
        }
    }

    /// Computes on this unit. Call it inside of each parallel task, not around them: what another
    /// thread runs is compiled without the unit's instructions.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        struct Adapter<K>(K);
        impl<K: Kernel> WithSimd for Adapter<K> {
            type Output = K::Output;
            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> K::Output {
                self.0.run(simd)
            }
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(v4) => Simd::vectorize(v4, Adapter(kernel)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(v3) => Simd::vectorize(v3, Adapter(kernel)),
            Self::Plain => kernel.run(Plain::<4>),
            Self::Single if K::ANY_WIDTH => kernel.run(Plain::<1>),
            Self::Single => kernel.run(Plain::<4>),
        }
    }
}
