//! What is found at schemas that lead to each other, found once at each. Where one leads back to itself, it adds nothing.

use std::collections::HashMap;

use crate::schema::Address;

/// What is found at addresses, and on which way a reader is.
#[derive(Debug)]
pub(crate) struct Circles<T> {
    known: HashMap<Address, T>,
    way: Vec<Address>,
    /// The place on the way of the first address to which what is being read leads back.
    back_to: usize,
}

impl<T> Default for Circles<T> {
    fn default() -> Self {
        Self { known: HashMap::new(), way: Vec::new(), back_to: usize::MAX }
    }
}

/// A reader of addresses that lead to others.
pub(crate) trait Read<T: Clone> {
    /// Its memory.
    fn circles(&mut self) -> &mut Circles<T>;

    /// What is found at an address, with what is found at those that it leads to.
    fn read_through(&mut self, at: &Address) -> T;

    /// As [`Read::read_through`], once; none where the address leads to itself.
    fn read_once(&mut self, at: &Address) -> Option<T> {
        let circles = self.circles();
        if let Some(known) = circles.known.get(at) {
            return Some(known.clone());
        }
        if let Some(place) = circles.way.iter().position(|it| it == at) {
            circles.back_to = circles.back_to.min(place);
            return None;
        }
        let place = circles.way.len();
        let back_to_before = std::mem::replace(&mut circles.back_to, usize::MAX);
        circles.way.push(at.clone());
        let found = self.read_through(at);
        let circles = self.circles();
        circles.way.pop();
        // What leads back to an address before this one is another thing on another way.
        if circles.back_to >= place {
            circles.known.insert(at.clone(), found.clone());
            circles.back_to = usize::MAX;
        }
        circles.back_to = circles.back_to.min(back_to_before);
        Some(found)
    }
}
