//! What is wrong with a vendor's document. The rest of it is used all the same.

use std::{fmt, num::NonZero};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::printable;

/// Something wrong with the vendor's document, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DocumentFault {
    /// The document's file.
    pub file: String,
    /// Where in the file, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// The line, counted from one; none where nobody looked.
    pub line: Option<NonZero<usize>>,
    /// What is wrong, and how it is read.
    pub message: String,
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), printable(&self.message))
    }
}

impl DocumentFault {
    /// The place as people read it: `openapi.yaml:12#/paths`.
    pub fn place(&self) -> String {
        let line = self.line.map_or_else(String::new, |it| format!(":{it}"));
        printable(format!("{}{line}#{}", self.file, self.pointer))
    }
}
