//! `cargo bench -p benches --bench parts`: what the parts take.

use std::path::Path;

use benches::{Corpus, Format};
use contract::{Contract, ContractTexts, Meter, Run, RunOptions, Severity};
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

const CORPUS: Corpus = Corpus { responses: 1_000, bad_percent: 5, ambassadors: 2 };

fn texts() -> ContractTexts {
    harness::read_contract(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")).unwrap()
}

fn har(responses: u64) -> Vec<u8> {
    let mut har = Vec::new();
    Corpus { responses, ..CORPUS }.write(Format::Har, &mut har).unwrap();
    har
}

#[divan::bench(args = [false, true])]
fn check(bencher: Bencher<'_, '_>, no_fast_path: bool) {
    let contract = Contract::load(&texts()).unwrap();
    let har = har(CORPUS.responses);
    bencher.counter(ItemsCount::new(CORPUS.responses)).bench(|| {
        let mut run = Run::new(&contract, RunOptions { no_fast_path, ..RunOptions::default() });
        harness::read_har("corpus", &har, |exchange| {
            if let Ok(exchange) = exchange {
                run.check(&exchange);
            }
        });
        run.report()
    });
}

#[divan::bench]
fn read_har(bencher: Bencher<'_, '_>) {
    let har = har(CORPUS.responses);
    bencher.counter(ItemsCount::new(CORPUS.responses)).bench(|| {
        let mut read = 0;
        harness::read_har("corpus", &har, |exchange| read += usize::from(exchange.is_ok()));
        read
    });
}

#[divan::bench]
fn load_contract(bencher: Bencher<'_, '_>) {
    let texts = texts();
    bencher.bench(|| Contract::load(&texts).unwrap());
}

#[divan::bench]
fn parse_document(bencher: Bencher<'_, '_>) {
    let text = texts().documented.swap_remove(0).text;
    bencher.bench(|| serde_json::from_str::<serde_json::Value>(&text).unwrap());
}

#[divan::bench]
fn plant_faults(bencher: Bencher<'_, '_>) {
    let contract = Contract::load(&texts()).unwrap();
    let har = {
        let mut har = Vec::new();
        Corpus { responses: 1, bad_percent: 0, ambassadors: 1 }
            .write(Format::Har, &mut har)
            .unwrap();
        har
    };
    bencher.bench(|| {
        let mut meter = Meter::new(&contract, &[], Severity::Error);
        harness::read_har("corpus", &har, |exchange| meter.plant(&exchange.unwrap()));
        meter.strength().clone()
    });
}
