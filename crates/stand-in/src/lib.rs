//! Answers `GET /chat/chatrooms/{id}` on a loopback port as a Laravel-like service would, and stops when dropped.
//!
//! Shows the vendor as the wire would, quirks included. It has not read the schemas and shares nothing with the models: a
//! stand-in made from the promise would always keep it. Nothing that it says was observed on Popsell's service.

mod answer;
mod room;
mod scenario;
mod server;

pub use scenario::Scenario;
pub use server::StandIn;

/// The token that the stand-in takes.
pub const TOKEN: &str = "stand-in-token";
/// The brand whose rooms the token may see.
pub const BRAND: u32 = 3;
/// What the scenario `canaries` plants, and no output may hold.
pub const CANARY: &str = "canary-kx7q@popular-mail.com";
/// A brand that has a room of its own.
pub const OTHER_BRAND: u32 = 4;
/// The rooms of [`BRAND`].
pub const ROOMS: [u32; 4] = [8, 9, 10, 11];
/// The room of [`OTHER_BRAND`].
pub const OTHER_ROOM: u32 = 70;
