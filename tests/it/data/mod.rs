//! Volumes, data sets, splits and preprocessing.

mod bad_data;
mod data_command;
mod data_root;
mod nifti_files;
mod nifti_properties;
mod phantom;
mod phantom_files;
mod reading;
mod real_files;
mod resize_rotate;
mod split;
mod warnings;
