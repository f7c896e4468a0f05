//! File operations whose errors name the path, and writes that are whole or not there.
//!
//! The only place in seglab that calls `std::fs`. Every operation that changes the disk passes a
//! numbered point at which a test can end the process, fill the disk or move the clock:
//! see [`fault`].
//!
//! Does not know what the files mean.

mod error;
pub mod fault;
mod files;
mod list;
mod primitive;
mod probe;
mod space;
mod stamp;

pub use error::io_error;
pub use fault::now;
pub use files::{
    File, append, aside, canonical, copy, create, create_folder, link, name, open, open_append,
    read, read_start, read_text, remove_file, remove_folder, rename, sync, sync_folder, truncate,
    within, write_atomic, write_cache, write_new, write_plain, write_synced,
};
pub use list::{link_target, list, list_all, list_folders};
pub use probe::check_writable;
pub use space::{free_bytes, modified, tree_bytes};
pub use stamp::Stamp;
