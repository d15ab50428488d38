//! What must always hold: of the models, of the contract, of this repository.

mod bulk;
mod corrected;
mod diff;
mod faults;
mod hostile;
mod identity;
mod join;
mod models;
mod oracle;
mod quirks;
mod repository;
mod shortcut;
mod strength;
mod vendor;
