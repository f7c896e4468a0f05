//! A made-up [`Case`] for the tests of this folder.
//!
//! Does not know what is tested.

use crate::data::{dataset::Case, geometry::Spacing};

/// An ordinary case of 1000 voxels and three classes.
pub(super) fn case(id: &str) -> Case {
    Case {
        id: id.to_owned(),
        patient: id.to_owned(),
        image: format!("CT/{id}.nii.gz").into(),
        labels: format!("Segmentation/{id}.nii.gz").into(),
        shape: [10, 10, 10],
        spacing: Spacing([1.0, 1.0, 5.0]),
        voxel_ml: 0.005,
        stored_axes: "RAS".to_owned(),
        hu: [-1024.0, 1500.0],
        class_voxels: vec![900, 60, 40],
        fingerprint: format!("fingerprint of {id}"),
        packed: format!("stored bytes of {id}"),
        twin: format!("image of {id}"),
        padding: None,
        class_hu: vec![None, Some([20.0, 60.0]), Some([30.0, 90.0])],
    }
}
