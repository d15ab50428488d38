//! What must always hold: of the models, of the contract, of this repository.

mod bulk;
mod faults;
mod hostile;
mod identity;
mod models;
mod quirks;
mod repository;
mod shortcut;
mod strength;
mod vendor;
