//! The vendor's document as the wire is: an OpenAPI Overlay 1.0 made from the quirks, and the document with it applied.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    contract::Contract,
    document::{self, Document},
    overlay::actions,
    quirk::{self, Quirk, WrittenAt},
    schema::{Side, Store, edit::MAY_BE_MISSING, sharing::Sharing},
    text::{Fault, Faults, Text},
};

/// A corrected document, in two forms that say the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// The overlay that corrects the document.
    pub overlay: Value,
    /// The document with the overlay applied.
    pub openapi: Value,
}

impl Contract {
    /// What the quirks make of the vendor's document, as its file has it; none where there is nothing to correct.
    ///
    /// # Errors
    /// Where the document cannot be read, or is of several files: an overlay corrects one.
    pub fn corrected(&self, documented: &[Text]) -> Result<Option<Corrected>, Faults> {
        let mut correction = Correction::of(documented)?;
        let mut all = Vec::new();
        for (quirk, places) in self.quirks_in_order() {
            all.extend(correction.write(quirk, &places));
        }
        if all.is_empty() {
            return Ok(None);
        }
        let openapi = correction.store.documented;
        let said = |pointer: &str| openapi.pointer(pointer).and_then(Value::as_str);
        let file = self.origins.root.rsplit(['/', '\\']).next().unwrap_or_default();
        let overlay = json!({
            "overlay": "1.0.0",
            "info": {
                "title": format!("Corrections to {}", said("/info/title").unwrap_or("the document")),
                "version": said("/info/version").unwrap_or_default(),
            },
            "extends": format!("../documented/{file}"),
            "actions": all,
        });
        Ok(Some(Corrected { overlay, openapi }))
    }

    /// The actions of an overlay that correct the vendor's document, as the text has it, for one quirk alone.
    ///
    /// # Errors
    /// As of [`Self::corrected`].
    pub fn correction(&self, quirk: &Quirk, documented: &[Text]) -> Result<Vec<Value>, Faults> {
        let mut correction = Correction::of(documented)?;
        let this = self.quirks_in_order().into_iter().filter(|it| it.0.id == quirk.id);
        Ok(this.flat_map(|(quirk, places)| correction.write(quirk, &places)).collect())
    }

    fn quirks_in_order(&self) -> Vec<(&Quirk, Vec<WrittenAt<'_>>)> {
        quirk::in_order((&self.paper, self.paper_document()), &self.quirks, &self.resolved)
    }
}

/// Takes out what is written for the engine alone.
fn clean(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.shift_remove(MAY_BE_MISSING);
            members.values_mut().for_each(clean);
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        _ => {}
    }
}

/// The document while it is being corrected.
struct Correction {
    store: Store,
    document: Document,
    sharing: Sharing,
}

impl Correction {
    fn of(documented: &[Text]) -> Result<Self, Faults> {
        let [documented] = documented else {
            let message = "an overlay corrects a document of one file; bundle its files first, for example with `npx @redocly/cli bundle`";
            let file = documented.first().map_or_else(String::new, |it| it.name.clone());
            return Err(Faults(vec![Fault { file, line: None, message: message.into() }]));
        };
        let vendors = document::as_written(documented).map_err(|it| Faults(vec![it]))?;
        let store = Store { documented: vendors, ..Store::default() };
        let document = Document::read(&store, Side::Documented).map_err(|it| {
            let fault = |message| documented.fault(None, message);
            Faults(it.into_iter().map(fault).collect::<Vec<Fault>>())
        })?;
        Ok(Self { sharing: Sharing::of(&store), document, store })
    }

    /// Writes a quirk into the document, and gives the actions that do it.
    fn write(&mut self, quirk: &Quirk, places: &[WrittenAt<'_>]) -> Vec<Value> {
        let before = self.store.documented.clone();
        let is_30 = document::is_30(&before);
        let spell = |it: Value| if is_30 { document::in_30(it) } else { it };
        quirk::write(&mut self.store, &mut self.sharing, &self.document, quirk, places, &spell);
        clean(&mut self.store.documented);
        let comes = quirk.wire.schema().filter(|_| is_30);
        let unsaid = comes.map_or_else(BTreeSet::new, document::unsaid_in_30);
        let unsaid: Vec<String> = unsaid.iter().map(|it| format!("`{it}`")).collect();
        let mut description = format!("{}: {}", quirk.id, quirk.summary);
        if !unsaid.is_empty() {
            description += &format!(" (OpenAPI 3.0 cannot say {})", unsaid.join(", "));
        }
        let actions = actions(&before, &self.store.documented);
        actions.iter().map(|it| it.to_value(&description)).collect()
    }
}
