//! Schemas as they stand in documents: addresses, references, fragments, and the compiled tree that a body is walked with.

pub(crate) mod another;
pub(crate) mod circles;
pub(crate) mod describe;
pub(crate) mod discriminator;
pub(crate) mod edit;
pub(crate) mod fragment;
mod pattern;
mod reach;
pub(crate) mod sharing;
pub(crate) mod store;
pub(crate) mod tree;
pub(crate) mod validators;

pub(crate) use store::{Address, Side, Store};
