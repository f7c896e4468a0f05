//! [`CaseLoader`]: batches in an order that is a function of seed and epoch.
//!
//! One thread prepares the next batches while the device works. burn's own loader restarts its
//! order when a run resumes and ends an epoch early when a worker panics.
//!
//! Does not know about the network.

use crate::{
    base::{
        Error, Fault, crash,
        random::{Draw, permutation},
    },
    data::{augment::augment, batch::CaseBatch, cases::PreparedCases, volume::Grid},
    spec,
};
use burn::{
    data::{
        dataloader::{DataLoader, DataLoaderIterator, Progress},
        dataset::DatasetError,
    },
    tensor::Device,
};
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

/// Batches that wait ready while a step runs, at least.
const N_PREFETCHED: usize = 2;

/// What the batches are for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Shuffled by epoch and augmented.
    Train {
        /// Seed of order, augmentation and dropout.
        seed: u64,
        /// What may change.
        augment: spec::Augment,
        /// Cases per batch.
        batch: usize,
        /// Batches per optimizer step.
        accumulate: usize,
    },
    /// In order, one case a batch, unchanged.
    Score,
}

/// Loads prepared cases as batches; each iteration is the next epoch.
#[derive(Debug)]
pub struct CaseLoader {
    cases: Arc<PreparedCases>,
    range: Range<usize>,
    purpose: Purpose,
    next_epoch: AtomicUsize,
    /// Batches that the next iteration leaves out.
    done: AtomicUsize,
}

impl CaseLoader {
    /// Batches of `cases`; the first iteration is epoch `first_epoch`.
    pub fn new(cases: Arc<PreparedCases>, purpose: Purpose, first_epoch: usize) -> Self {
        let range = 0..cases.len();
        let next_epoch = AtomicUsize::new(first_epoch);
        Self { cases, range, purpose, next_epoch, done: AtomicUsize::new(0) }
    }

    /// The same, but the first iteration leaves out the first `done` batches.
    #[must_use]
    pub fn from_batch(self, done: usize) -> Self {
        Self { done: AtomicUsize::new(done), ..self }
    }

    fn batch_size(&self) -> usize {
        match self.purpose {
            Purpose::Train { batch, .. } => batch,
            Purpose::Score => 1,
        }
    }

    /// A whole step of batches is taken at once, so the next step's must find room.
    fn n_prefetched(&self) -> usize {
        match self.purpose {
            Purpose::Train { accumulate, .. } => accumulate.max(N_PREFETCHED),
            Purpose::Score => N_PREFETCHED,
        }
    }

    /// Case indices of each batch of an epoch.
    fn batches(&self, epoch: usize) -> Vec<Vec<usize>> {
        let n = self.range.len();
        let order = match self.purpose {
            Purpose::Train { seed, .. } => permutation(seed, epoch, n),
            Purpose::Score => (0..n).collect(),
        };
        let order: Vec<usize> = order.into_iter().map(|index| self.range.start + index).collect();
        order.chunks(self.batch_size()).map(<[usize]>::to_vec).collect()
    }
}

impl DataLoader<CaseBatch> for CaseLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<CaseBatch> + 'a> {
        let epoch = self.next_epoch.fetch_add(1, Ordering::SeqCst);
        let n_left_out = self.done.swap(0, Ordering::SeqCst);
        let batches = self.batches(epoch);
        let n_done = batches.iter().take(n_left_out).map(Vec::len).sum();
        let n_total = self.range.len();
        let (cases, purpose) = (Arc::clone(&self.cases), self.purpose.clone());
        let (sender, receiver) = sync_channel(self.n_prefetched());
        thread::spawn(move || {
            for (index, batch) in batches.iter().enumerate().skip(n_left_out) {
                let names: Vec<&str> = batch.iter().map(|&index| cases.name(index)).collect();
                let doing = format!("preparing case `{}`", names.join("`, `"));
                let made =
                    crash::catch(&doing, || make_batch(&cases, &purpose, epoch, index, batch));
                let failed = made.is_err();
                // The receiver is gone when the epoch was stopped early.
                if sender.send(made.map_err(DatasetError::new)).is_err() || failed {
                    return;
                }
            }
        });
        Box::new(Batches { receiver, n_done, n_total })
    }

    fn num_items(&self) -> usize {
        self.range.len()
    }

    fn to_device(&self, _device: &Device) -> Arc<dyn DataLoader<CaseBatch>> {
        // Batches stay on the host; the step uploads them.
        self.slice(0, self.range.len())
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<CaseBatch>> {
        Arc::new(Self {
            cases: Arc::clone(&self.cases),
            range: self.range.start + start..self.range.start + end,
            purpose: self.purpose.clone(),
            next_epoch: AtomicUsize::new(self.next_epoch.load(Ordering::SeqCst)),
            done: AtomicUsize::new(self.done.load(Ordering::SeqCst)),
        })
    }
}

fn make_batch(
    cases: &PreparedCases,
    purpose: &Purpose,
    epoch: usize,
    batch_idx: usize,
    batch: &[usize],
) -> Result<CaseBatch, Error> {
    let mut grids: Vec<(Grid<f32>, Grid<u8>)> = Vec::with_capacity(batch.len());
    for &index in batch {
        let prepared = cases.get(index)?;
        grids.push(match purpose {
            Purpose::Train { seed, augment: rules, .. } => {
                let draw = Draw { seed: *seed, epoch, case: cases.name(index) };
                augment(&prepared.image, &prepared.labels, rules, draw)
            }
            Purpose::Score => (prepared.image.clone(), prepared.labels.clone()),
        });
    }
    let step_seed = match purpose {
        Purpose::Train { seed, .. } => {
            Draw { seed: *seed, epoch, case: "" }.stream(&format!("step {batch_idx}")).seed()
        }
        Purpose::Score => 0,
    };
    let names: Vec<String> = batch.iter().map(|&index| cases.name(index).to_owned()).collect();
    let shapes: Vec<_> = grids.iter().map(|(image, _)| image.shape()).collect();
    CaseBatch::stack(names.clone(), &grids, cases.n_classes(), step_seed).ok_or_else(|| {
        let mut fault =
            Fault::new("cases of one batch must have the same shape on the training grid");
        for (name, [x, y, z]) in names.iter().zip(&shapes) {
            fault = fault.detail(format!("`{name}`  {x}x{y}x{z}"));
        }
        Error::run(fault.hint("set `train.batch = 1`"))
    })
}

struct Batches {
    receiver: Receiver<Result<CaseBatch, DatasetError>>,
    n_done: usize,
    n_total: usize,
}

impl Iterator for Batches {
    type Item = Result<CaseBatch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.receiver.recv().ok()?;
        if let Ok(batch) = &batch {
            self.n_done += batch.cases.len();
        }
        Some(batch)
    }
}

impl DataLoaderIterator<CaseBatch> for Batches {
    fn progress(&self) -> Progress {
        Progress::new(self.n_done, self.n_total, Some("cases".into()))
    }
}
