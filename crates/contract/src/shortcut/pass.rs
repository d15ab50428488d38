//! One pass over the bytes of one body, by a plan.

use std::fmt;

use serde_json::{Number, Value};

use crate::{
    form::form_of,
    place::printable_name,
    quirk::Verdict,
    rule::{Rule, Severity},
    scan::{Scanner, Token},
    schema::tree::type_of,
    shortcut::plan::{
        ARRAY, BOOLEAN, Case, INTEGER, Known, NULL, NUMBER, OBJECT, Objects, Others, Plan, STRING,
        Scalars, State, StateId, TYPES, Values, Verdicts,
    },
    tally::{PlaceId, Sight, Tally, counted_form},
};

/// Why a pass did not reach the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Only the full check knows.
    Unknown,
    /// A place, or a type at a place, that no body had before.
    News,
}

/// What is to be counted beside the places. Its number in the ledger is found when the whole body is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told {
    Quirk {
        place: PlaceId,
        quirk: usize,
        verdict: Verdict,
        number: usize,
    },
    Defect {
        place: PlaceId,
        rule: Rule,
        quirk: Option<usize>,
        severity: Severity,
        came: Came,
        /// Whether the value is among those from which a quirk is drafted.
        is_observed: bool,
        number: usize,
    },
}

/// What is told of a value that shows a defect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Came {
    /// Empty where nothing is told.
    pub(super) type_name: &'static str,
    form: Option<&'static str>,
    /// A whole number that is no personal data.
    pub(super) number: Option<i64>,
}

impl Came {
    const NOT_TOLD: Self = Self { type_name: "", form: None, number: None };
    const NOTHING: Self = Self { type_name: "nothing", form: None, number: None };

    pub(super) fn is_nothing(self) -> bool {
        self.type_name.is_empty()
    }

    /// Whether it is told in these words.
    pub(super) fn is(self, words: &str) -> bool {
        match (words.strip_prefix(self.type_name), self.form) {
            (Some(rest), None) => rest.is_empty(),
            (Some(rest), Some(form)) => {
                rest.strip_prefix(" (").and_then(|it| it.strip_suffix(')')) == Some(form)
            }
            (None, _) => false,
        }
    }
}

impl fmt::Display for Came {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Some(form) => write!(f, "{} ({form})", self.type_name),
            None => f.write_str(self.type_name),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Scalar<'t> {
    Null,
    Bool(bool),
    Whole(i64),
    Number(f64),
    Text(&'t str),
}

impl Scalar<'_> {
    fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(it) => it.into(),
            Self::Whole(it) => it.into(),
            Self::Number(it) => it.into(),
            Self::Text(it) => it.into(),
        }
    }

    fn is(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Bool(it) => *value == it,
            Self::Whole(it) => value.as_i64() == Some(it),
            Self::Number(_) => false,
            Self::Text(it) => value.as_str() == Some(it),
        }
    }
}

pub(super) struct Pass<'p, 'c, 't> {
    plan: &'p Plan<'c>,
    scanner: Scanner<'t>,
    tally: &'p mut Tally,
    counted: &'p mut Vec<Sight>,
    told: &'p mut Vec<Told>,
    /// Which named members the objects around have, and the names of their others.
    present: Vec<bool>,
    others: Vec<&'t str>,
}

impl<'p, 'c, 't> Pass<'p, 'c, 't> {
    pub(super) fn new(
        plan: &'p Plan<'c>,
        text: &'t str,
        tally: &'p mut Tally,
        counted: &'p mut Vec<Sight>,
        told: &'p mut Vec<Told>,
    ) -> Self {
        let (present, others) = (Vec::new(), Vec::new());
        Self { plan, scanner: Scanner::new(text), tally, counted, told, present, others }
    }

    /// Reads the whole body.
    pub(super) fn body(&mut self) -> Result<(), Stop> {
        self.value(0, false)?;
        if self.scanner.is_at_end() { Ok(()) } else { Err(Stop::Unknown) }
    }

    /// Reads a value. Where it is `settled`, nothing more is told of what the schemas refuse.
    fn value(&mut self, state: StateId, settled: bool) -> Result<(), Stop> {
        let state = &self.plan.states[state];
        match self.scanner.token().ok_or(Stop::Unknown)? {
            Token::Null => self.scalar(state, NULL, Scalar::Null, settled),
            Token::Bool(it) => self.scalar(state, BOOLEAN, Scalar::Bool(it), settled),
            Token::Whole(it) => self.scalar(state, INTEGER, Scalar::Whole(it), settled),
            Token::Number(text) => {
                let number: Number = serde_json::from_str(text).map_err(|_| Stop::Unknown)?;
                // Whole numbers of more than 18 digits are left to the full check.
                let number = number.as_f64().filter(|_| number.is_f64()).ok_or(Stop::Unknown)?;
                let number_type = if number.fract() == 0.0 { INTEGER } else { NUMBER };
                self.scalar(state, number_type, Scalar::Number(number), settled)
            }
            Token::Text(it) => {
                let text = it.text().ok_or(Stop::Unknown)?;
                self.scalar(state, STRING, Scalar::Text(&text), settled)
            }
            Token::Array => self.array(state, settled),
            Token::Object => self.object(state, settled),
        }
    }

    fn scalar(
        &mut self,
        state: &'p State<'c>,
        of_type: usize,
        scalar: Scalar<'_>,
        settled: bool,
    ) -> Result<(), Stop> {
        let known = known(state, of_type)?;
        let type_name = TYPES[of_type];
        let Values::Scalars(scalars) = &known.values else { return Err(Stop::Unknown) };
        let text = match scalar {
            Scalar::Text(text) if !known.sensitive => Some(text),
            _ => None,
        };
        let code = match scalar {
            _ if known.sensitive => None,
            Scalar::Null => None,
            Scalar::Number(_) if !scalars.codes.is_empty() => return Err(Stop::Unknown),
            _ => scalars.codes.iter().find(|it| scalar.is(&it.0)).map(|it| it.1),
        };
        self.counted.push(Sight::Value {
            place: state.place,
            type_name,
            empty: matches!(scalar, Scalar::Text("")),
            form: text.and_then(counted_form),
            code,
        });
        let came = || Came {
            type_name,
            form: text.and_then(form_of),
            number: match scalar {
                Scalar::Whole(it) if !known.sensitive => Some(it),
                _ => None,
            },
        };
        let settled = match &known.quirks {
            Verdicts::All(verdicts) => self.quirks(state.place, verdicts, came),
            Verdicts::Each(quirks) => {
                let verdicts = quirks.judge(&scalar.to_value());
                self.quirks(state.place, &verdicts, came)
            }
        } || settled;
        if settled {
            return Ok(());
        }
        match refused(known, scalars, scalar)? {
            None => Ok(()),
            Some(_) if known.told_above => Err(Stop::Unknown),
            Some(rule) => {
                self.defect(state.place, rule, came());
                Ok(())
            }
        }
    }

    fn array(&mut self, state: &'p State<'c>, settled: bool) -> Result<(), Stop> {
        let known = known(state, ARRAY)?;
        let Values::Arrays { items, bounds } = &known.values else { return Err(Stop::Unknown) };
        let settled_below = self.container(state, known, "array", settled)?;
        let mut count = 0_u32;
        while self.scanner.item(count == 0).ok_or(Stop::Unknown)? {
            count = count.saturating_add(1);
            self.value(*items, settled_below)?;
        }
        self.see_container(state.place, "array", count == 0);
        if !settled_below && !bounds.hold(i128::from(count)) {
            if known.told_above {
                return Err(Stop::Unknown);
            }
            self.defect(state.place, Rule::Bounds, Came { type_name: "array", ..Came::NOTHING });
        }
        Ok(())
    }

    fn object(&mut self, state: &'p State<'c>, settled: bool) -> Result<(), Stop> {
        let known = known(state, OBJECT)?;
        let Values::Objects(objects) = &known.values else { return Err(Stop::Unknown) };
        let settled_below = self.container(state, known, "object", settled)?;
        let (present, others) = (self.present.len(), self.others.len());
        self.present.resize(present + objects.named.len(), false);
        let mut expected = 0;
        let mut is_first = true;
        while let Some(name) = self.scanner.member(is_first).ok_or(Stop::Unknown)? {
            is_first = false;
            if name.is_escaped {
                return Err(Stop::Unknown);
            }
            match objects.find(name.raw, expected) {
                Some(number) => {
                    // A second member of the name is a finding.
                    if std::mem::replace(&mut self.present[present + number], true) {
                        return Err(Stop::Unknown);
                    }
                    expected = number + 1;
                    let state = objects.named[number].state.ok_or(Stop::Unknown)?;
                    self.value(state, settled_below)?;
                }
                None => {
                    self.others.push(name.raw);
                    match &objects.others {
                        Others::Unknown => return Err(Stop::Unknown),
                        Others::Values(state) => self.value(*state, settled_below)?,
                        Others::Undocumented(severity) => {
                            self.undocumented(state.place, name.raw, *severity)?;
                        }
                    }
                }
            }
        }
        self.missing(objects, present, known.told_above, settled_below)?;
        self.present.truncate(present);
        let names = &mut self.others[others..];
        names.sort_unstable();
        if names.windows(2).any(|it| it[0] == it[1]) {
            return Err(Stop::Unknown);
        }
        self.others.truncate(others);
        self.see_container(state.place, "object", is_first);
        Ok(())
    }

    fn missing(
        &mut self,
        objects: &Objects,
        present: usize,
        told_above: bool,
        settled: bool,
    ) -> Result<(), Stop> {
        for (number, named) in objects.named.iter().enumerate() {
            if self.present[present + number] {
                continue;
            }
            if let Some(place) = named.missing {
                self.counted.push(Sight::Missing { place });
            }
            for quirk in &named.never {
                self.quirks(named.quirk_place, &[(*quirk, Verdict::Confirmed)], || Came::NOTHING);
            }
            if let Some(place) = named.required.filter(|_| !settled) {
                if told_above {
                    return Err(Stop::Unknown);
                }
                self.defect(place, Rule::Required, Came::NOT_TOLD);
            }
        }
        Ok(())
    }

    /// Counts a member that nothing names, and reads over what it holds.
    fn undocumented(
        &mut self,
        parent: PlaceId,
        name: &str,
        severity: Severity,
    ) -> Result<(), Stop> {
        let place = self.tally.below(parent, printable_name(name));
        let start = self.scanner.clone();
        let token = self.scanner.token().ok_or(Stop::Unknown)?;
        let (type_name, empty) = match token {
            Token::Null => ("null", false),
            Token::Bool(_) => ("boolean", false),
            Token::Whole(_) => ("integer", false),
            Token::Text(it) => {
                it.text().ok_or(Stop::Unknown)?;
                ("string", it.raw.is_empty())
            }
            // What these hold may be a finding too.
            Token::Number(_) | Token::Array | Token::Object => {
                self.scanner = start;
                let text = self.scanner.skip().ok_or(Stop::Unknown)?;
                let json = crate::json::read(text.as_bytes()).map_err(|_| Stop::Unknown)?;
                if !json.duplicates.is_empty() {
                    return Err(Stop::Unknown);
                }
                let empty = matches!(&json.value, Value::Array(it) if it.is_empty())
                    || matches!(&json.value, Value::Object(it) if it.is_empty());
                (type_of(&json.value), empty)
            }
        };
        self.counted.push(Sight::Value { place, type_name, empty, form: None, code: None });
        let came = Came { type_name, form: None, number: None };
        self.told.push(Told::Defect {
            place,
            rule: Rule::UndocumentedField,
            quirk: None,
            severity,
            came,
            is_observed: true,
            number: 0,
        });
        Ok(())
    }

    /// Counts what a container says of quirks, and what is wrong with all of its type. Whether that settles all below it.
    fn container(
        &mut self,
        state: &'p State<'c>,
        known: &Known<'c>,
        type_name: &'static str,
        settled: bool,
    ) -> Result<bool, Stop> {
        let came = || Came { type_name, ..Came::NOTHING };
        let Verdicts::All(verdicts) = &known.quirks else { return Err(Stop::Unknown) };
        let settled = self.quirks(state.place, verdicts, came) || settled;
        match known.refused {
            None => Ok(settled),
            Some(_) if settled => Ok(true),
            Some(_) if known.told_above => Err(Stop::Unknown),
            Some(rule) => {
                self.defect(state.place, rule, came());
                Ok(true)
            }
        }
    }

    fn see_container(&mut self, place: PlaceId, type_name: &'static str, empty: bool) {
        self.counted.push(Sight::Value { place, type_name, empty, form: None, code: None });
    }

    /// Counts verdicts. Whether one of them settles what the schemas refuse there.
    fn quirks(
        &mut self,
        place: PlaceId,
        verdicts: &[(usize, Verdict)],
        came: impl Fn() -> Came,
    ) -> bool {
        let mut settled = false;
        for (quirk, verdict) in verdicts.iter().copied() {
            self.told.push(Told::Quirk { place, quirk, verdict, number: 0 });
            let rule = match verdict {
                Verdict::Confirmed => Rule::QuirkConfirmed,
                Verdict::Healed => Rule::QuirkHealed,
                Verdict::Mutated => Rule::QuirkMutated,
                Verdict::Neutral => continue,
            };
            settled |= verdict != Verdict::Confirmed;
            self.told.push(Told::Defect {
                place,
                rule,
                quirk: Some(quirk),
                severity: rule.severity(),
                came: came(),
                is_observed: false,
                number: 0,
            });
        }
        settled
    }

    fn defect(&mut self, place: PlaceId, rule: Rule, came: Came) {
        let severity = rule.severity();
        let is_observed = !came.is_nothing();
        self.told.push(Told::Defect {
            place,
            rule,
            quirk: None,
            severity,
            came,
            is_observed,
            number: 0,
        });
    }
}

fn known<'p, 'c>(state: &'p State<'c>, of_type: usize) -> Result<&'p Known<'c>, Stop> {
    match &state.cases[of_type] {
        None => Err(Stop::News),
        Some(Case::Unknown) => Err(Stop::Unknown),
        Some(Case::Known(known)) => Ok(known),
    }
}

/// What is wrong with a scalar: the first in the order null, type, enum, format, bounds.
fn refused(known: &Known<'_>, scalars: &Scalars, scalar: Scalar<'_>) -> Result<Option<Rule>, Stop> {
    if known.refused.is_some() {
        return Ok(known.refused);
    }
    if !scalars.lists.is_empty() {
        if matches!(scalar, Scalar::Number(_)) {
            return Err(Stop::Unknown);
        }
        if !scalars.lists.iter().all(|list| list.iter().any(|it| scalar.is(it))) {
            let rule = if matches!(scalar, Scalar::Null) { Rule::Null } else { Rule::Enum };
            return Ok(Some(rule));
        }
    }
    let refuses = |it: &Option<jsonschema::Validator>| {
        it.as_ref().is_some_and(|it| !it.is_valid(&scalar.to_value()))
    };
    Ok(match scalar {
        Scalar::Text(text) => {
            let is_plain = scalars.is_date_time && is_plain_date_time(text);
            if !is_plain && refuses(&scalars.form) {
                Some(Rule::Format)
            } else {
                refuses(&scalars.lengths).then_some(Rule::Bounds)
            }
        }
        Scalar::Whole(it) => {
            (!scalars.bounds.hold(it.into()) || refuses(&scalars.whole)).then_some(Rule::Bounds)
        }
        Scalar::Number(_) => refuses(&scalars.numbers).then_some(Rule::Bounds),
        Scalar::Null | Scalar::Bool(_) => None,
    })
}

/// Whether a text is a date-time (RFC 3339) that needs no calendar: a day that every month has, no leap second, in UTC.
fn is_plain_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 20 {
        return false;
    }
    let is_digit = |at: usize| bytes[at].is_ascii_digit();
    let two = |at: usize| match is_digit(at) && is_digit(at + 1) {
        true => (bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0'),
        false => u8::MAX,
    };
    let fraction = &bytes[19..bytes.len() - 1];
    let signs = [bytes[4], bytes[7], bytes[10], bytes[13], bytes[16], bytes[bytes.len() - 1]];
    signs == *b"--T::Z"
        && (0..4).all(is_digit)
        && (1..=12).contains(&two(5))
        && (1..=28).contains(&two(8))
        && two(11) < 24
        && two(14) < 60
        && two(17) < 60
        && (fraction.is_empty()
            || (fraction.len() > 1
                && fraction[0] == b'.'
                && fraction[1..].iter().all(u8::is_ascii_digit)))
}
