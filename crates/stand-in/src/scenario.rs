//! What the stand-in can be made to do.

macro_rules! scenarios {
    ($($variant:ident = $name:literal, $about:literal;)+) => {
        /// What the stand-in does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scenario {
            $(#[doc = $about] $variant,)+
        }

        impl Scenario {
            /// Every scenario.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it does, in a line.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)+
                }
            }

            /// The scenario of that name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.name() == name)
            }
        }
    };
}

scenarios! {
    Known = "known", "the known quirks and nothing else";
    Healed = "healed", "source is a word and established_dialogue is true, as documented and described";
    PartlyHealed = "partly-healed", "every other room is healed";
    Mutated = "mutated", "source is an object";
    NewField = "new-field", "each room has a member that the reference does not have";
    FieldGone = "field-gone", "participants have no email";
    NullEverywhere = "null-everywhere", "null wherever a quirk allows it";
    UndocumentedStatus = "undocumented-status", "202 for every room";
    WrongContentType = "wrong-content-type", "a page of HTML with status 200";
    NotJson = "not-json", "a text that is not JSON, called JSON";
    DuplicateMembers = "duplicate-members", "id_chatroom occurs twice";
    TruncatedBody = "truncated-body", "the connection closes before the promised length";
    Reset = "reset", "the connection is reset in the middle of the body";
    EndlessBody = "endless-body", "a body that does not end";
    SlowDrip = "slow-drip", "a byte every 200 ms";
    Redirect = "redirect", "302 to another host";
    TooManyRequests = "too-many-requests", "429 with Retry-After: 1, for ever";
    Unavailable = "unavailable", "503 to the first two requests, then the rooms";
    Outage = "outage", "503 for ever";
    HugeBody = "huge-body", "a room with 100,000 participants";
    CompressedBody = "compressed-body", "gzip, asked for or not";
    ExpiringToken = "expiring-token", "the token is good for two requests";
    Canaries = "canaries", "data where none is expected: in every text, in names, in new members, in errors";
    OpenDoors = "open-doors", "every room for everybody, with any token or none";
}

#[cfg(test)]
mod tests {
    use super::Scenario;

    #[test]
    fn names_are_unique() {
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::named(scenario.name()), Some(*scenario));
        }
    }
}
