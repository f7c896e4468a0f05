//! File operations whose errors name the path, and writes that are whole or not there.
//!
//! The only place in seglab that calls `std::fs`. Every operation that changes the disk passes a
//! numbered point at which a test can end the process, fill the disk or move the clock:
//! see [`fault`].
//!
//! Knows nothing of what the files mean.

pub mod fault;
mod files;
mod primitive;
mod space;

pub use fault::now;
pub use files::{
    File, append, aside, canonical, copy, create, create_folder, io_error, list, list_folders,
    open, open_append, read, read_text, remove_file, remove_folder, rename, sync, sync_folder,
    truncate, write_atomic, write_cache, write_new, write_plain, write_synced,
};
pub use space::{free_bytes, list_all, modified, shown_bytes, tree_bytes};
