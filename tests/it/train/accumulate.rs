//! Batches whose gradients are summed into one step are one larger batch.

use crate::support::sandbox::TINY;
use seglab::{
    base::Result,
    data::{
        nifti,
        phantom::{generate, write_phantom},
        scan::FileCache,
    },
    event::{Event, Listen, Stop},
    model::Network,
    run,
    spec::{self, DeviceChoice, DeviceId, Loaded},
    train::{self, Cases, Host, MODEL_FILE, Start, TrainingState, device},
};
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
};
use tempfile::TempDir;

/// Largest relative distance of two losses, norms or weights. Single precision has 6e-8; sums over
/// 2 048 voxels in another order, carried on over nine steps, come to 1.8e-7 at most as measured,
/// and this is ten times that. The optimizer's epsilon is raised for it: with 1e-8, a gradient that
/// is 0 but for such crumbs, as that of a bias before a norm, moves its weight by a whole learning
/// rate.
const TOLERANCE: f64 = 2e-6;

/// Seven cases train: the last batch of an epoch and the last step are smaller than the others.
struct Bench {
    folder: TempDir,
    loaded: Loaded,
    cases: Cases,
}

/// A training: loss and gradient norm by step, train and validation loss by epoch, and
/// the weights.
struct History {
    steps: Vec<[f64; 2]>,
    epochs: Vec<[f64; 2]>,
    weights: Vec<f64>,
}

struct Listener {
    folder: PathBuf,
    steps: Vec<[f64; 2]>,
    epochs: Vec<[f64; 2]>,
    steps_per_epoch: usize,
}

impl Listen for Listener {
    fn hear(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Started { steps_per_epoch, .. } => self.steps_per_epoch = *steps_per_epoch,
            Event::Step { loss, grad_norm, .. } => self.steps.push([*loss, *grad_norm]),
            Event::Epoch { step, train_loss, valid_loss, .. } => {
                assert_eq!(*step, self.steps.len());
                assert_eq!(*step % self.steps_per_epoch, 0);
                self.epochs.push([*train_loss, valid_loss.unwrap()]);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Host for Listener {
    fn commit(
        &mut self,
        _state: &TrainingState,
        write: &mut dyn FnMut(&Path) -> Result<()>,
    ) -> Result<()> {
        let _ = std::fs::remove_dir_all(&self.folder);
        std::fs::create_dir_all(&self.folder).unwrap();
        write(&self.folder)
    }

    fn stop_asked(&self) -> Option<Stop> {
        None
    }
}

impl Bench {
    fn new(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        let text = TINY
            .replace("root = \"data\"", &format!("root = {:?}", root.to_str().unwrap()))
            .replace("cases = 6", "cases = 9")
            .replace("valid = 0.34", "valid = 0.2");
        let path = folder.path().join("tiny.toml");
        std::fs::write(&path, text).unwrap();
        let common = [
            "model.dropout=0.0",
            "model.skip-dropout=0.0",
            "optimizer.epsilon=0.01",
            "optimizer.clip-norm=1.0",
            "schedule={ kind = \"one-cycle\", max-lr = 0.01 }",
            "train.epochs=3",
        ];
        let settings: Vec<String> =
            settings.iter().chain(&common).map(ToString::to_string).collect();
        let loaded = spec::load(&path, &settings).unwrap();
        // Some cases have no metastasis, so that a batch may lack a class that its step has.
        let phantom = loaded.experiment.data.phantom.clone().unwrap();
        write_phantom(&root, &phantom).unwrap();
        for case_idx in [0, 3, 6] {
            let (_, mut labels) = generate(&phantom, case_idx);
            labels.voxels = labels.voxels.map(|class| class % 2);
            let name = format!("Segmentation/case_{case_idx:03}.nii.gz");
            nifti::write(&root.join(name), &labels).unwrap();
        }
        let planned = run::plan(&loaded, &folder.path().join("runs"), FileCache::Off).unwrap();
        let cases = planned.cases(&loaded.experiment);
        assert_eq!(cases.train.len(), 7);
        let has_both = |idx: &usize| {
            let labels = &cases.train.get(*idx).unwrap().labels;
            [1, 2].iter().all(|class| labels.values().contains(class))
        };
        assert!((4..7).contains(&(0..7).filter(has_both).count()));
        Self { folder, loaded, cases }
    }

    fn train(&self, batch: usize, accumulate: usize) -> History {
        let mut experiment = self.loaded.experiment.clone();
        (experiment.train.batch, experiment.train.accumulate) = (batch, accumulate);
        let folder = self.folder.path().join("last");
        let listener = Rc::new(RefCell::new(Listener {
            folder: folder.clone(),
            steps: Vec::new(),
            epochs: Vec::new(),
            steps_per_epoch: 0,
        }));
        let chosen = device::choose(DeviceChoice::Only(DeviceId::Cpu)).unwrap();
        let host: Rc<RefCell<dyn Host>> = Rc::clone(&listener) as _;
        let start = Start::default();
        train::train(&experiment, &self.cases, &chosen, &folder, host, &start).unwrap();
        let path = folder.join(MODEL_FILE);
        let predictor = train::load_predictor(&experiment, &path, &chosen.device).unwrap();
        let mut listener = listener.borrow_mut();
        History {
            steps: std::mem::take(&mut listener.steps),
            epochs: std::mem::take(&mut listener.epochs),
            weights: weights(predictor.network()),
        }
    }
}

fn weights(net: &Network) -> Vec<f64> {
    use burn::{
        module::{Module, ModuleVisitor, Param},
        tensor::Tensor,
    };
    struct Gather(Vec<f64>);
    impl ModuleVisitor for Gather {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f64>());
        }
    }
    let mut gather = Gather(Vec::new());
    net.visit(&mut gather);
    gather.0
}

/// Largest distance of two values, relative to the larger of their sizes and 1.
fn distance<'a>(
    one: impl IntoIterator<Item = &'a f64>,
    other: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    let apart = |(a, b): (&f64, &f64)| (a - b).abs() / a.abs().max(b.abs()).max(1.0);
    one.into_iter().zip(other).map(apart).fold(0.0, f64::max)
}

/// Losses whose averages depend on the cases of a step in another way: not at all, through the
/// class weights, through the classes that are present, and through both.
#[test]
fn so_many_batches_are_one_batch_so_many_times_as_large() {
    let (instance, group) = ("model.norm=\"instance\"", "model.norm=\"group\"");
    let (equal, skip) = ("loss.cross-entropy.class-weights=\"none\"", "loss.dice.absent=\"skip\"");
    let notebook = "loss.cross-entropy.class-weights=\"notebook\"";
    for settings in [
        [instance, equal].as_slice(),
        &[group, equal],
        &[instance, notebook],
        &[instance, equal, skip],
        &[instance, notebook, skip, "loss.dice.background=false"],
    ] {
        let bench = Bench::new(settings);
        // Seven cases: a last step of three; of three in batches of 2 and 1; of one.
        for (batch, accumulate, n_steps) in [(1, 4, 6), (2, 2, 6), (1, 3, 9), (2, 8, 3)] {
            let parts = bench.train(batch, accumulate);
            let whole = bench.train(batch * accumulate, 1);
            let what = format!("{settings:?}: {accumulate} batches of {batch}");
            assert_eq!((parts.steps.len(), whole.steps.len()), (n_steps, n_steps), "{what}");
            for (values, found, expected) in [
                ("steps", parts.steps.as_flattened(), whole.steps.as_flattened()),
                ("epochs", parts.epochs.as_flattened(), whole.epochs.as_flattened()),
                ("weights", &parts.weights, &whole.weights),
            ] {
                assert_eq!(found.len(), expected.len());
                let apart = distance(found, expected);
                assert!(apart < TOLERANCE, "{what}: {values} are {apart:e} apart");
            }
            // Steps of single batches are something else by far.
            let single = bench.train(batch, 1);
            let apart = distance(&single.weights, &whole.weights);
            assert!(apart > 10.0 * TOLERANCE, "{what}: {apart:e}");
        }
    }
}
