//! What was seen at a place, in words and as a small bar.

use contract::PlaceTally;
use maud::{Markup, html};

/// How many codes a row names.
const MOST_CODES: usize = 10;

/// How often the place held a value, of which type, null, or nothing.
pub(super) fn presence(tally: &PlaceTally) -> Markup {
    let types = types(tally).into_iter().enumerate();
    let mut parts: Vec<_> =
        types.map(|(nth, it)| (if nth == 0 { "value" } else { "other" }, it.1)).collect();
    parts.push(("null", tally.null));
    bar(&parts, tally.seen.saturating_add(tally.missing))
}

/// The types of the values that are not null, the most frequent first.
fn types(tally: &PlaceTally) -> Vec<(&str, u64)> {
    let mut types: Vec<(&str, u64)> =
        tally.types.iter().map(|(name, count)| (&**name, *count)).collect();
    types.retain(|it| it.0 != "null");
    types.sort_by_key(|it| std::cmp::Reverse(it.1));
    types
}

/// What was seen, in words.
pub(super) fn observed(tally: &PlaceTally) -> String {
    let values = tally.seen.saturating_sub(tally.null);
    let share = |count: u64, of: u64| match u128::from(count) * 100 / u128::from(of.max(1)) {
        0 => "<1\u{a0}%".to_owned(),
        100 if count < of => ">99\u{a0}%".to_owned(),
        percent => format!("{percent}\u{a0}%"),
    };
    let mut words = Vec::new();
    let types = types(tally);
    let form = match tally.formats.iter().next() {
        Some((form, count))
            if tally.formats.len() == 1 && count.saturating_add(tally.empty) >= values =>
        {
            format!(" ({form})")
        }
        Some(_) => {
            format!(
                " (some {})",
                tally.formats.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            )
        }
        None => String::new(),
    };
    let codes = tally.codes.keys().map(String::as_str);
    let (booleans, mut codes): (Vec<&str>, Vec<&str>) =
        codes.partition(|it| matches!(*it, "true" | "false"));
    let booleans =
        if booleans.is_empty() { String::new() } else { format!(" ({})", booleans.join(", ")) };
    for (name, count) in &types {
        let form = match *name {
            "string" => form.as_str(),
            "boolean" => booleans.as_str(),
            _ => "",
        };
        let often =
            if types.len() > 1 { format!(" {}", share(*count, values)) } else { String::new() };
        words.push(format!("{name}{form}{often}"));
    }
    if !codes.is_empty() {
        let more = if codes.len() > MOST_CODES { ", …" } else { "" };
        codes.truncate(MOST_CODES);
        words.push(format!("codes {}{more}", codes.join(", ")));
    }
    for (count, of, word) in [
        (tally.null, tally.seen, "null"),
        (tally.missing, tally.seen.saturating_add(tally.missing), "missing"),
        (tally.empty, values, "empty"),
    ] {
        match count {
            0 => {}
            _ if count == of => words.push(format!("always {word}")),
            _ => words.push(format!("{word} {}", share(count, of))),
        }
    }
    words.join(", ")
}

/// A bar of parts, each a class and a count; what they leave of the whole is empty. The words beside it say the same.
pub(super) fn bar(parts: &[(&str, u64)], whole: u64) -> Markup {
    let starts = parts
        .iter()
        .scan(0_u64, |from, it| Some(std::mem::replace(from, from.saturating_add(it.1))));
    html! {
        svg.bar aria-hidden="true" {
            @for ((class, count), from) in parts.iter().zip(starts).filter(|it| it.0.1 > 0) {
                rect class=(class) x=(percent(from, whole)) width=(percent(*count, whole)) {}
            }
        }
    }
}

fn percent(count: u64, whole: u64) -> String {
    let percent = format!("{:.2}", count as f64 * 100.0 / whole.max(1) as f64);
    format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// A sample of a bar's part.
pub(super) fn key(class: &str) -> Markup {
    html! { svg.bar.key aria-hidden="true" { rect class=(class) width="100%" {} } }
}
