//! Live runs as a user makes them, over a real socket, against the stand-in.

mod common;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use common::xtask;
use stand_in::{BRAND, OTHER_BRAND, ROOMS, Scenario, StandIn, TOKEN};

fn variables(base_url: &str) -> BTreeMap<&'static str, String> {
    let rooms: Vec<String> = ROOMS.iter().map(ToString::to_string).collect();
    BTreeMap::from([
        ("POPSELL_BASE_URL", base_url.to_owned()),
        ("POPSELL_TOKEN", TOKEN.to_owned()),
        ("POPSELL_BRAND", BRAND.to_string()),
        ("POPSELL_OTHER_BRAND", OTHER_BRAND.to_string()),
        ("POPSELL_CHATROOM_IDS", rooms.join(",")),
    ])
}

fn live(server: &StandIn, more: &[&str]) -> String {
    let arguments =
        [&["check", "--live", "--today", "2026-11-23", "--rate-limit", "1000/s"], more].concat();
    xtask(&arguments, &variables(&server.base_url()))
}

/// The verdict that a scenario's name says: the exit code, and a rule or reason that is told.
fn verdict(scenario: Scenario) -> (u8, &'static str) {
    match scenario {
        Scenario::Known => (0, "confirmed     source-is-an-integer (4 confirmed"),
        Scenario::NullEverywhere => (0, "confirmed     email-tmp-is-nullable"),
        Scenario::CompressedBody | Scenario::Unavailable => (0, "4 exchanges checked"),
        Scenario::OpenDoors => (0, "4 exchanges checked"),
        Scenario::ExpiringToken => (0, "2 exchanges could not be checked"),
        Scenario::Healed => (1, "error[quirk-healed]"),
        Scenario::PartlyHealed => (1, "turn `returned` into `also`"),
        Scenario::Mutated => (1, "error[quirk-mutated]"),
        Scenario::Canaries => (1, "error[undocumented-field]"),
        Scenario::NewField => (1, "error[undocumented-field]"),
        Scenario::FieldGone => (1, "error[required]"),
        Scenario::UndocumentedStatus | Scenario::Redirect => (1, "error[undocumented-status]"),
        Scenario::WrongContentType => (1, "error[content-type]"),
        Scenario::NotJson => (1, "error[body-not-json]"),
        Scenario::DuplicateMembers => (1, "error[duplicate-member]"),
        Scenario::TruncatedBody | Scenario::Reset => (3, "the connection broke"),
        Scenario::EndlessBody | Scenario::HugeBody => (3, "limit: size"),
        Scenario::SlowDrip => (3, "timed out"),
        Scenario::TooManyRequests => (3, "status 429"),
        Scenario::Outage => (3, "status 503"),
    }
}

#[test]
fn each_scenario_gives_the_verdict_that_its_name_says() {
    let next = AtomicUsize::new(0);
    let each = || {
        while let Some(scenario) = Scenario::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = scenario.name();
            let screen = xtask(
                &["check", &format!("--stand-in={name}"), "--today", "2026-11-23"],
                &BTreeMap::new(),
            );
            let (code, told) = verdict(*scenario);
            assert!(
                screen.starts_with(&format!("exit {code}\n")) && screen.contains(told),
                "{name}: {screen}"
            );
        }
    };
    // Most of them wait. All at once, a busy machine would let the quick ones time out too.
    std::thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(each))));
}

#[test]
fn the_stand_in_never_counts_as_the_wire() {
    let screen = xtask(&["check", "--stand-in"], &BTreeMap::new());
    assert!(screen.contains("not yet seen on the wire"), "{screen}");
    // Whoever calls a server the live one is believed.
    let server = StandIn::start(Scenario::Known, 0).unwrap();
    assert!(live(&server, &[]).contains("4 of them on the wire"));
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let screen = xtask(&["check", "--live"], &BTreeMap::new());
    let names = "POPSELL_BASE_URL, POPSELL_BRAND, POPSELL_CHATROOM_IDS, POPSELL_TOKEN";
    assert!(screen.starts_with("exit 2\n") && screen.contains(names), "{screen}");
    let insecure = variables("http://staging.example.org");
    let screen = xtask(&["check", "--live"], &insecure);
    assert!(screen.starts_with("exit 2\n") && screen.contains("use https"), "{screen}");
}

#[test]
fn a_dry_run_sends_nothing_and_shows_no_value() {
    let server = StandIn::start(Scenario::Known, 0).unwrap();
    let screen = live(&server, &["--dry-run", "--probes=access"]);
    assert!(screen.starts_with("exit 0\n9 requests to http://127.0.0.1:"), "{screen}");
    assert!(
        screen.contains(
            "GET /chat/chatrooms/{id}, value 4 of 4 (headers: authorization, x-popsell-brand)"
        ),
        "{screen}"
    );
    assert!(screen.contains("probe other-account") && !screen.contains(TOKEN), "{screen}");
    assert_eq!(server.requests(), 0);
}

#[test]
fn the_budget_is_a_hard_cap() {
    for (scenario, budget) in [(Scenario::Known, 2), (Scenario::Outage, 3), (Scenario::Reset, 5)] {
        let server = StandIn::start(scenario, 0).unwrap();
        let screen = live(&server, &["--max-requests", &budget.to_string()]);
        // What was sent and broke says so, not that there was no budget to try again.
        let told = if scenario == Scenario::Reset {
            "the connection broke"
        } else {
            "the request budget is used up"
        };
        assert!(screen.contains(told), "{screen}");
        assert_eq!(server.requests(), budget, "{}", scenario.name());
    }
}

#[test]
fn an_unreachable_or_closed_server_is_never_drift() {
    let server = StandIn::start(Scenario::Known, 0).unwrap();
    let base_url = server.base_url();
    drop(server);
    let screen = xtask(&["check", "--live", "--rate-limit", "1000/s"], &variables(&base_url));
    assert!(screen.starts_with("exit 3\n") && screen.contains("unreachable"), "{screen}");
    assert!(screen.contains("not-exercised source-is-an-integer"), "{screen}");

    let server = StandIn::start(Scenario::Known, 0).unwrap();
    let mut wrong_token = variables(&server.base_url());
    wrong_token.insert("POPSELL_TOKEN", "expired-token".into());
    let screen = xtask(&["check", "--live", "--rate-limit", "1000/s"], &wrong_token);
    assert!(screen.starts_with("exit 3\n") && screen.contains("status 401"), "{screen}");
}

#[test]
fn probes_are_notes_until_one_succeeds_that_must_not() {
    let server = StandIn::start(Scenario::Known, 0).unwrap();
    let screen = live(&server, &["--probes=access"]);
    assert!(
        screen.starts_with("exit 0\n") && screen.contains("note[undocumented-status] 404"),
        "{screen}"
    );
    assert!(
        screen.contains("OPTIONS /chat/chatrooms/{id}\n\n  note[undocumented-operation] 405"),
        "{screen}"
    );
    assert_eq!(server.requests(), 9);

    let server = StandIn::start(Scenario::OpenDoors, 0).unwrap();
    let screen = live(&server, &["--probes=access"]);
    assert!(screen.starts_with("exit 1\n") && screen.contains("error[access]"), "{screen}");
    assert!(screen.contains("3 times in 3 exchanges"), "{screen}");
}

#[test]
fn an_outage_is_not_waited_for_room_by_room() {
    let server = StandIn::start(Scenario::Reset, 0).unwrap();
    let mut many = variables(&server.base_url());
    many.insert("POPSELL_CHATROOM_IDS", vec!["8"; 1_000].join(","));
    let screen =
        xtask(&["check", "--live", "--rate-limit", "100000/s", "--max-requests", "10000"], &many);
    assert!(
        screen.starts_with("exit 3\n") && screen.contains("1000 exchanges could not be checked"),
        "{screen}"
    );
    assert!(server.requests() < 100, "{}", server.requests());
}

#[test]
fn ten_thousand_rooms_are_bounded_by_the_budget() {
    let server = StandIn::start(Scenario::Known, 0).unwrap();
    let mut many = variables(&server.base_url());
    many.insert("POPSELL_CHATROOM_IDS", vec!["8"; 10_000].join(","));
    let screen =
        xtask(&["check", "--live", "--rate-limit", "100000/s", "--max-requests", "300"], &many);
    assert!(screen.starts_with("exit 0\n") && screen.contains("300 exchanges checked"), "{screen}");
    assert_eq!(server.requests(), 300);
}
