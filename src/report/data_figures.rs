//! [`write_data_figures`]: the figures of a data set, without a page.
//!
//! Does not know how a data set is read.

use super::{
    content::Figure,
    figure::{ClassComponents, ClassHu, Stroke, component_sizes, hu_by_class},
    text::score,
    write::write_figure,
};
use crate::{
    analysis::DataProfile,
    base::{Result, fs, text::counted},
};
use std::path::{Path, PathBuf};

/// Writes the HU by class and the sizes of components by class into `folder`, each as SVG and as
/// PNG, and returns the paths of the SVG. What there is nothing of is not drawn. Files of the same
/// names are overwritten.
///
/// # Errors
/// When a figure cannot be drawn or a file cannot be written.
pub fn write_data_figures(profile: &DataProfile, folder: &Path) -> Result<Vec<PathBuf>> {
    let n_cases = profile.by_case.chunk_by(|a, b| a.case == b.case).count();
    let n_classes = profile.by_class.len();
    let of = if n_classes > Stroke::N_DISTINCT {
        // More curves could not be told apart.
        let n_shown = Stroke::N_DISTINCT;
        format!("{}, the first {n_shown} of {n_classes} classes", counted(n_cases, "case"))
    } else {
        counted(n_cases, "case")
    };
    let classes = &profile.by_class[..n_classes.min(Stroke::N_DISTINCT)];
    let hu: Vec<ClassHu<'_>> = classes
        .iter()
        .map(|it| ClassHu {
            class: &it.class,
            said: it.hu_auc.map_or_else(String::new, |auc| format!("AUC {}", score(Some(auc)))),
            histogram: &it.histogram,
        })
        .collect();
    let components: Vec<ClassComponents<'_>> = classes
        .iter()
        .map(|it| {
            let own = profile.by_case.iter().filter(|row| row.class == it.class);
            let ml = own.flat_map(|row| row.component_ml.iter().copied()).collect();
            ClassComponents { class: &it.class, ml }
        })
        .collect();
    let drawn = [
        ("hu-by-class", hu_by_class(&hu, &of)?),
        ("component-sizes", component_sizes(&components, &of)?),
    ];
    fs::create_folder(folder)?;
    let mut paths = Vec::new();
    for (name, svg) in drawn {
        let Some(svg) = svg else { continue };
        write_figure(&Figure::new(name, "", svg), folder)?;
        paths.push(folder.join(name).with_extension("svg"));
    }
    Ok(paths)
}
