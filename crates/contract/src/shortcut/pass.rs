//! One pass over the bytes of one body, by a plan.

use serde_json::{Number, Value};

use crate::{
    form::{form_number, is_plain_date_time},
    observed::Code,
    place::printable_name,
    quirk::Verdict,
    rule::{Rule, Severity},
    scan::{Quoted, Scanner, Token},
    schema::tree::type_of,
    shortcut::{
        keywords::Scalars,
        plan::{
            ARRAY, BOOLEAN, Case, EMPTY, INTEGER, Known, NULL, NUMBER, Named, Numbers, OBJECT,
            Objects, Others, Plan, STRING, Said, State, StateId, TYPES, VERDICTS, Values, Verdicts,
        },
        tell::{Came, FormSlot, Tell, TellId},
    },
    tally::{PlaceId, SightId, sight},
};

/// Why a pass did not reach the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Only the full check knows.
    Unknown,
    /// A place, or a type at a place, that no body had before.
    News,
}

/// What is told in a body. It is counted when the whole body is known.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) tell: TellId,
    /// What came, where it may be a code and is no personal data.
    pub(super) code: Option<Code>,
}

/// What a body shows, kept to be filled again.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) sights: Vec<SightId>,
    pub(super) told: Vec<Told>,
    /// Which named members the objects around have.
    present: Vec<bool>,
}

impl Shown {
    pub(super) fn clear(&mut self) {
        self.sights.clear();
        self.told.clear();
        self.present.clear();
    }
}

#[derive(Debug, Clone, Copy)]
enum Scalar<'t> {
    Null,
    Bool(bool),
    Whole(i64),
    Number(f64),
    Text(&'t str),
    /// A text of which only its type matters; it is not empty.
    AnyText,
}

impl Scalar<'_> {
    fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(it) => it.into(),
            Self::Whole(it) => it.into(),
            Self::Number(it) => it.into(),
            Self::Text(it) => it.into(),
            Self::AnyText => "text".into(),
        }
    }

    fn is(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Bool(it) => *value == it,
            Self::Whole(it) => value.as_i64() == Some(it),
            Self::Number(_) | Self::AnyText => false,
            Self::Text(it) => value.as_str() == Some(it),
        }
    }
}

pub(super) struct Pass<'p, 'c, 't, const IN_TEXT: bool> {
    plan: &'p Plan<'c>,
    scanner: Scanner<'t, IN_TEXT>,
    numbers: Numbers<'p>,
    shown: &'p mut Shown,
    /// The names of the members that nothing names, of the objects around.
    others: Vec<&'t str>,
}

impl<'p, 'c, 't, const IN_TEXT: bool> Pass<'p, 'c, 't, IN_TEXT> {
    pub(super) fn new(
        plan: &'p Plan<'c>,
        scanner: Scanner<'t, IN_TEXT>,
        numbers: Numbers<'p>,
        shown: &'p mut Shown,
    ) -> Self {
        Self { plan, scanner, numbers, shown, others: Vec::new() }
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
            Token::Text(it) => self.text(state, it, settled),
            Token::Whole(it) => self.scalar(state, INTEGER, Scalar::Whole(it), settled),
            Token::Null => self.scalar(state, NULL, Scalar::Null, settled),
            Token::Bool(it) => self.scalar(state, BOOLEAN, Scalar::Bool(it), settled),
            Token::Number(text) => {
                let number: Number = serde_json::from_str(text).map_err(|_| Stop::Unknown)?;
                // Whole numbers of more than 18 digits are left to the full check.
                let number = number.as_f64().filter(|_| number.is_f64()).ok_or(Stop::Unknown)?;
                let number_type = if number.fract() == 0.0 { INTEGER } else { NUMBER };
                self.scalar(state, number_type, Scalar::Number(number), settled)
            }
            Token::Array => self.array(state, settled),
            Token::Object => self.object(state, settled),
        }
    }

    fn text(
        &mut self,
        state: &'p State<'c>,
        quoted: Quoted<'t>,
        settled: bool,
    ) -> Result<(), Stop> {
        if !quoted.is_escaped {
            return self.scalar(state, STRING, Scalar::Text(quoted.raw), settled);
        }
        match &known(state, STRING)?.values {
            Values::Scalars(scalars) if !scalars.is_read => match quoted.is_text() {
                true => self.scalar(state, STRING, Scalar::AnyText, settled),
                false => Err(Stop::Unknown),
            },
            _ => {
                let text = quoted.text().ok_or(Stop::Unknown)?;
                self.scalar(state, STRING, Scalar::Text(&text), settled)
            }
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
        let Values::Scalars(scalars) = &known.values else { return Err(Stop::Unknown) };
        if !scalars.codes.is_empty() && matches!(scalar, Scalar::Number(_)) {
            return Err(Stop::Unknown);
        }
        let form = match scalar {
            Scalar::Text("") => EMPTY,
            Scalar::Text(text) if !known.sensitive => form_number(text).map_or(0, |it| it + 1),
            _ => 0,
        };
        let code = scalars.codes.iter().find(|it| scalar.is(&it.value));
        self.shown.sights.push(code.map_or(known.sights[form], |it| it.sight));
        let settled = match (&known.quirks, code) {
            (Verdicts::All(said), _) => self.say(said, form),
            (Verdicts::Each(_, said), Some(code)) => self.verdicts(said, &code.verdicts, form),
            (Verdicts::Each(quirks, said), None) => {
                self.verdicts(said, &quirks.judge(&scalar.to_value()), form)
            }
        } || settled;
        if settled {
            return Ok(());
        }
        match refused(known, scalars, scalar)? {
            None => Ok(()),
            Some(_) if known.told_above => Err(Stop::Unknown),
            Some(rule) => {
                let form = if known.sensitive { 0 } else { form };
                let code = match scalar {
                    Scalar::Whole(it) => Some(Code::Number(it)),
                    Scalar::Text(text) if rule == Rule::Enum => Code::word(text),
                    _ => None,
                };
                let code = code.filter(|_| !known.sensitive);
                self.defect(state.place, rule, Came::with_form(TYPES[of_type], form), code);
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
        self.shown.sights.push(known.sights[if count == 0 { EMPTY } else { 0 }]);
        if !settled_below && !bounds.hold(i128::from(count)) {
            if known.told_above {
                return Err(Stop::Unknown);
            }
            self.defect(state.place, Rule::Bounds, Came::type_alone("array"), None);
        }
        Ok(())
    }

    fn object(&mut self, state: &'p State<'c>, settled: bool) -> Result<(), Stop> {
        let known = known(state, OBJECT)?;
        let Values::Objects(objects) = &known.values else { return Err(Stop::Unknown) };
        let settled_below = self.container(state, known, "object", settled)?;
        let (present, others) = (self.shown.present.len(), self.others.len());
        self.shown.present.resize(present + objects.named.len(), false);
        // The number of the member that comes next where members come in their usual order.
        let mut expected = 0;
        let mut lacks = objects.named.len();
        let mut is_first = true;
        while self.scanner.is_next_member(is_first).ok_or(Stop::Unknown)? {
            is_first = false;
            let is_expected = |it: &Named| self.scanner.name_is(&it.written);
            let number = if objects.named.get(expected).is_some_and(is_expected) {
                Some(expected)
            } else {
                let name = self.scanner.name().ok_or(Stop::Unknown)?;
                if name.is_escaped {
                    return Err(Stop::Unknown);
                }
                let number = objects.find(name.raw);
                if number.is_none() {
                    self.others.push(name.raw);
                    self.other(objects, state.place, name.raw, settled_below)?;
                }
                number
            };
            let Some(number) = number else { continue };
            // A second member of the name is a finding.
            if std::mem::replace(&mut self.shown.present[present + number], true) {
                return Err(Stop::Unknown);
            }
            lacks -= 1;
            expected = number + 1;
            let state = objects.named[number].state.ok_or(Stop::Unknown)?;
            self.value(state, settled_below)?;
        }
        if lacks > 0 {
            self.missing(objects, present, known.told_above, settled_below)?;
        }
        self.shown.present.truncate(present);
        let names = &mut self.others[others..];
        names.sort_unstable();
        if names.windows(2).any(|it| it[0] == it[1]) {
            return Err(Stop::Unknown);
        }
        self.others.truncate(others);
        self.shown.sights.push(known.sights[if is_first { EMPTY } else { 0 }]);
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
            if self.shown.present[present + number] {
                continue;
            }
            self.shown.sights.extend(named.missing);
            self.say(&named.never, 0);
            if let Some(tell) = named.required.filter(|_| !settled) {
                if told_above {
                    return Err(Stop::Unknown);
                }
                self.shown.told.push(Told { tell, code: None });
            }
        }
        Ok(())
    }

    /// Reads a member that nothing names.
    fn other(
        &mut self,
        objects: &Objects,
        parent: PlaceId,
        name: &str,
        settled: bool,
    ) -> Result<(), Stop> {
        match &objects.others {
            Others::Unknown => Err(Stop::Unknown),
            Others::Values(state) => self.value(*state, settled),
            Others::Undocumented(severity) => self.undocumented(parent, name, *severity),
        }
    }

    /// Counts an undocumented member, and reads over what it holds.
    fn undocumented(
        &mut self,
        parent: PlaceId,
        name: &str,
        severity: Severity,
    ) -> Result<(), Stop> {
        let place = self.numbers.tally.below(parent, printable_name(name));
        let text = self.scanner.skip().ok_or(Stop::Unknown)?;
        let text = Scanner::<IN_TEXT>::written(text).ok_or(Stop::Unknown)?;
        // What it holds may be a finding too.
        let json = crate::json::read(text.as_bytes()).map_err(|_| Stop::Unknown)?;
        if !json.duplicates.is_empty() {
            return Err(Stop::Unknown);
        }
        self.shown.sights.push(self.numbers.tally.sight(place, sight(&json.value)));
        let tell = self.numbers.tells.number(Tell::Defect {
            place,
            rule: Rule::UndocumentedField,
            quirk: None,
            severity,
            came: Came::type_alone(type_of(&json.value)),
            is_observed: true,
        });
        self.shown.told.push(Told { tell, code: None });
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
        let Verdicts::All(said) = &known.quirks else { return Err(Stop::Unknown) };
        let settled = self.say(said, 0) || settled;
        match known.refused {
            None => Ok(settled),
            Some(_) if settled => Ok(true),
            Some(_) if known.told_above => Err(Stop::Unknown),
            Some(rule) => {
                self.defect(state.place, rule, Came::type_alone(type_name), None);
                Ok(true)
            }
        }
    }

    /// Counts what is said of quirks. Whether it settles what the schemas refuse there.
    fn say(&mut self, said: &[Said], form: FormSlot) -> bool {
        for it in said {
            self.shown.told.push(Told { tell: it.quirk, code: None });
            let finding = it.finding.map(|it| Told { tell: it[form], code: None });
            self.shown.told.extend(finding);
        }
        said.iter().any(|it| it.settles)
    }

    fn verdicts(
        &mut self,
        said: &[[Said; VERDICTS.len()]],
        verdicts: &[(usize, Verdict)],
        form: FormSlot,
    ) -> bool {
        let mut settles = false;
        for (said, (_, verdict)) in said.iter().zip(verdicts) {
            let number = VERDICTS.iter().position(|it| it == verdict);
            let number = number.expect("every verdict is listed");
            settles |= self.say(&said[number..=number], form);
        }
        settles
    }

    fn defect(&mut self, place: PlaceId, rule: Rule, came: Came, code: Option<Code>) {
        let severity = rule.severity();
        let tell = Tell::Defect { place, rule, quirk: None, severity, came, is_observed: true };
        let tell = self.numbers.tells.number(tell);
        self.shown.told.push(Told { tell, code });
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
        Scalar::Null | Scalar::Bool(_) | Scalar::AnyText => None,
    })
}
