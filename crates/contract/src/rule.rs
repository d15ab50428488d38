//! What can be found, how grave it is, and the page that explains it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How grave a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The contract is broken.
    Error,
    /// Somebody should look; `--fail-on warning` makes it break the contract.
    Warning,
    /// Known, and said so that nothing is hidden.
    Note,
}

impl Severity {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal, $severity:ident;)+) => {
        /// A rule that a finding comes under.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// Every rule, the gravest first.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The rule's name in reports and for `explain`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }

            /// How grave its findings are; `undocumented-field` is an error where the place is modelled or closed.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)+
                }
            }

            /// What it means, an example, and what settles it, as Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../explain/", $id, ".md")),)+
                }
            }

            /// The first sentence of its page, which starts below the title.
            pub fn meaning(self) -> &'static str {
                let paragraph = self.page().lines().nth(2).unwrap_or_default();
                let end = [". ", ": "].iter().filter_map(|it| paragraph.find(it)).min();
                end.map_or(paragraph.trim_end_matches('.'), |it| &paragraph[..it])
            }

            /// The rule of that name.
            pub fn named(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.id() == id)
            }
        }
    };
}

rules! {
    /// A request that must be refused was answered.
    Access = "access", Error;
    /// Null where a value is promised.
    Null = "null", Error;
    /// A value of another JSON type.
    Type = "type", Error;
    /// A promised member is missing.
    Required = "required", Error;
    /// A value outside the promised list.
    Enum = "enum", Error;
    /// A text of another form.
    Format = "format", Error;
    /// A number, text, array or object outside the promised limits.
    Bounds = "bounds", Error;
    /// A body that is promised as JSON and is none.
    BodyNotJson = "body-not-json", Error;
    /// No body where one is promised.
    BodyMissing = "body-missing", Error;
    /// Another media type than promised.
    ContentType = "content-type", Error;
    /// A member that occurs twice in one object.
    DuplicateMember = "duplicate-member", Error;
    /// A status that is not documented.
    UndocumentedStatus = "undocumented-status", Error;
    /// A known deviation that turned into another one.
    QuirkMutated = "quirk-mutated", Error;
    /// A known deviation that is gone from the wire.
    QuirkHealed = "quirk-healed", Error;
    /// A known deviation that the document now describes.
    QuirkResolved = "quirk-resolved", Error;
    /// The model accepts what neither the document nor a quirk allows.
    UnexplainedDifference = "unexplained-difference", Error;
    /// A member that is not documented.
    UndocumentedField = "undocumented-field", Warning;
    /// An operation that is not documented.
    UndocumentedOperation = "undocumented-operation", Warning;
    /// A body where none is documented.
    BodyUnexpected = "body-unexpected", Warning;
    /// Something documented that the model lacks.
    Unmodelled = "unmodelled", Warning;
    /// Something that was not seen at a place before.
    ShapeNew = "shape-new", Warning;
    /// Something that was always seen at a place, and is no more.
    ShapeGone = "shape-gone", Warning;
    /// A quirk past the day on which it must be looked at again.
    QuirkExpired = "quirk-expired", Warning;
    /// A known deviation that was seen.
    QuirkConfirmed = "quirk-confirmed", Note;
    /// Values were seen at a quirk's place, and none shows the deviation.
    QuirkUnconfirmed = "quirk-unconfirmed", Note;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_that_says_what_settles_it() {
        for rule in Rule::ALL {
            let page = rule.page();
            assert!(page.starts_with(&format!("# {}\n", rule.id())), "{}", rule.id());
            for part in ["\n## Example\n", "\n## What settles it\n"] {
                assert!(page.contains(part), "{}: no {part}", rule.id());
            }
            assert_eq!(Rule::named(rule.id()), Some(*rule));
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.id());
        }
    }
}
