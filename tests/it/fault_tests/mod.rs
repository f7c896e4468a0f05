//! The campaign of kills, damage and full disks.

mod campaign;
