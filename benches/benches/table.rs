//! `cargo bench -p benches --bench table [-- RESPONSES]`: our own check beside bounds that only parse, as ratios of cpu
//! time from one run on the same bytes. Each line is a process of its own, so that its memory is too.

use std::{
    env, fs,
    fs::File,
    io::{BufWriter, Read},
    num::NonZero,
    path::Path,
    process::Command,
    time::Instant,
};

use anyhow::{Context, bail};
use benches::{Corpus, Format};
use clap::Parser;
use contract::{Contract, Run, RunOptions};
use harness::Bulk;
use serde::Deserialize;
use serde_json::Value;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["work", what, file] => work(what, file),
        ["corpus", format, responses, bad, file] => corpus(format, responses, bad, file),
        ["cli", rest @ ..] => {
            cli(rest);
            println!("\n{}", Cost::now()?.written());
            Ok(())
        }
        [] => table(100_000),
        [responses] => table(responses.parse().context("promised a number of responses")?),
        _ => bail!("promised a number of responses"),
    }
}

/// What a process used.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu_seconds: f64,
    peak_kilobytes: u64,
}

impl Cost {
    /// What this process used until now, as Linux tells it (proc(5)).
    fn now() -> anyhow::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").context("measuring needs Linux")?;
        let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok());
        // Of the main thread to the nanosecond; of all threads, also those that ended, to a hundredth of a second.
        let exact = fs::read_to_string("/proc/self/schedstat")?;
        let exact = exact.split(' ').next().and_then(|it| it.parse::<f64>().ok());
        let ticks = fs::read_to_string("/proc/self/stat")?;
        let ticks = ticks.rsplit_once(')').map_or("", |it| it.1).split_whitespace();
        let ticks: f64 = ticks.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum();
        let (all, main) = (ticks / 100.0, exact.unwrap_or_default() / 1e9);
        let cpu_seconds = if all > main * 1.1 + 0.03 { all } else { main };
        Ok(Self { cpu_seconds, peak_kilobytes: peak.context("no peak memory in proc(5)")? })
    }

    fn written(self) -> String {
        format!("cost {} {}", self.cpu_seconds, self.peak_kilobytes)
    }

    /// What a process of this program used.
    fn of(arguments: &[&str]) -> anyhow::Result<Self> {
        let output = Command::new(env::current_exe()?).args(arguments).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().rev().find_map(|it| it.strip_prefix("cost "));
        let told = || format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let mut numbers = line.with_context(told)?.split(' ');
        let mut next = || numbers.next().context("two numbers");
        Ok(Self { cpu_seconds: next()?.parse()?, peak_kilobytes: next()?.parse()? })
    }

    /// The cheapest of some processes, with the greatest memory: what else the machine does only adds.
    fn least(arguments: &[&str], times: usize) -> anyhow::Result<Self> {
        let mut least = Self::of(arguments)?;
        for _ in 1..times {
            let other = Self::of(arguments)?;
            least.cpu_seconds = least.cpu_seconds.min(other.cpu_seconds);
            least.peak_kilobytes = least.peak_kilobytes.max(other.peak_kilobytes);
        }
        Ok(least)
    }
}

/// The cpu seconds of a process too short to be measured alone, by the sum of many as Linux counts it (proc(5)).
fn start_up(arguments: &[&str]) -> anyhow::Result<f64> {
    const TIMES: u32 = 200;
    let of_children = || -> anyhow::Result<f64> {
        let ticks = fs::read_to_string("/proc/self/stat")?;
        let ticks = ticks.rsplit_once(')').map_or("", |it| it.1).split_whitespace();
        Ok(ticks.skip(13).take(2).filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0)
    };
    let before = of_children()?;
    for _ in 0..TIMES {
        Command::new(env::current_exe()?).args(arguments).output()?;
    }
    Ok((of_children()? - before) / f64::from(TIMES))
}

fn table(responses: u64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let corpus = |name: &str, format: Format, corpus: Corpus| -> anyhow::Result<String> {
        let path = folder.path().join(name);
        corpus.write(format, &mut BufWriter::new(File::create(&path)?))?;
        Ok(path.display().to_string())
    };
    let of = |responses, bad_percent| Corpus { responses, bad_percent, ambassadors: 2 };
    let few = (responses / 100).max(1);
    println!("{responses} responses, 5 % of them bad; cpu as a ratio to parsing the same bytes\n");
    println!("{:<54} {:>7} {:>9}", "", "cpu", "memory");
    for (name, format) in [("ndjson", Format::Ndjson), ("har", Format::Har)] {
        let file = corpus(name, format, of(responses, 5))?;
        let small = corpus(&format!("few.{name}"), format, of(few, 5))?;
        let named = corpus(&format!("many.{name}"), format, of(responses, 5))?;
        let parse = Cost::least(&["work", &format!("parse-{name}"), &file], 3)?;
        let row = |what: &str, cost: Cost| {
            let (ratio, memory) =
                (cost.cpu_seconds / parse.cpu_seconds, cost.peak_kilobytes as f64 / 1024.0);
            println!("{:<54} {ratio:>7.2} {memory:>6.1} MB", format!("{name}: {what}"));
        };
        let bound = if name == "har" { "typed outer, `Value` inner" } else { "`Value` a line" };
        row(&format!("parse only, {bound}"), parse);
        row("check", Cost::least(&["work", "check", &named], 3)?);
        row(&format!("check, {few} of them"), Cost::least(&["work", "check", &small], 3)?);
        row("check, all cores (cpu of all)", Cost::least(&["work", "check-all-cores", &named], 2)?);
        row("check --no-fast-path", Cost::of(&["work", "check-in-full", &named])?);
        fs::remove_file(&file)?;
        let good = corpus(&format!("good.{name}"), format, of(responses, 0))?;
        let all_good = Cost::least(&["work", "check", &good], 3)?;
        row("check, all good", all_good);
        fs::remove_file(good)?;
        let bad = corpus(&format!("bad.{name}"), format, of(responses, 100))?;
        let all_bad = Cost::least(&["work", "check", &bad], 3)?;
        row("check, all bad", all_bad);
        fs::remove_file(bad)?;
        fs::remove_file(named)?;
        println!(
            "{:<54} {:>7.2}\n",
            "  all bad to all good",
            all_bad.cpu_seconds / all_good.cpu_seconds
        );
    }
    let large = |ambassadors| Corpus { responses: 1, bad_percent: 0, ambassadors };
    let one = corpus("one.ndjson", Format::Ndjson, large(3_500))?;
    let four = corpus("four.ndjson", Format::Ndjson, large(14_000))?;
    let (one, four) =
        (Cost::least(&["work", "check", &one], 5)?, Cost::least(&["work", "check", &four], 5)?);
    let empty = corpus("empty.ndjson", Format::Ndjson, of(0, 0))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas").display().to_string();
    let help = start_up(&["cli", "--help"])?;
    let start = start_up(&["cli", "check", "--contract", &root, &empty])?;
    println!(
        "a body of 8 MB to one of 2 MB, start-up apart: {:.1}",
        (four.cpu_seconds - start) / (one.cpu_seconds - start)
    );
    println!("no exchange at all to `--help`: {:.1}", start / help);
    println!("\nparts, as ratios (cargo bench -p benches --bench parts has them in time)");
    print!("{}", parts()?);
    Ok(())
}

/// Faults planted to plain checks; the contract's load to parsing its document.
fn parts() -> anyhow::Result<String> {
    let contract = contract()?;
    let body = Corpus { responses: 1, bad_percent: 0, ambassadors: 2 }.body(1);
    let line = format!(
        r#"{{"url":"https://domain.tld/api/v2/chat/chatrooms/1","status":200,"body":{body}}}"#
    );
    let file = tempfile::Builder::new().suffix(".ndjson").tempfile()?;
    fs::write(file.path(), line)?;
    let cpu = || Cost::now().map(|it| it.cpu_seconds);
    let mut meter = contract::Meter::new(&contract, &[], contract::Severity::Error);
    let start = cpu()?;
    harness::each_exchange(file.path(), None, |exchange| {
        if let Ok(exchange) = exchange {
            meter.plant(&exchange);
        }
    });
    let fault = (cpu()? - start) / meter.strength().faults.planted as f64;
    let mut run = Run::new(&contract, RunOptions { no_fast_path: true, ..RunOptions::default() });
    let start = cpu()?;
    harness::each_exchange(file.path(), None, |exchange| {
        let Ok(exchange) = exchange else { return };
        (0..1_000).for_each(|_| run.check(&exchange));
    });
    let check = (cpu()? - start) / 1_000.0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let texts = harness::read_contract(&folder)?;
    // The cheapest time: what else the machine does only adds.
    let least = |work: &dyn Fn()| {
        let times = (0..200).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        });
        times.fold(f64::MAX, f64::min)
    };
    let load = least(&|| drop(Contract::load(&texts)));
    let parse = least(&|| drop(serde_json::from_str::<Value>(&texts.documented[0].text)));
    Ok(format!(
        "a planted fault to a full check: {:.1}\nloading this contract to parsing its document: {:.0}\n",
        fault / check,
        load / parse
    ))
}

fn contract() -> anyhow::Result<Contract> {
    paperwire::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas"))
}

/// The commands, as the binary has them.
fn cli(arguments: &[&str]) {
    match paperwire::Cli::try_parse_from([&["paperwire"], arguments].concat()) {
        Ok(cli) => drop(cli.run()),
        Err(help) => println!("{help}"),
    }
}

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    url: String,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    text: String,
}

fn work(what: &str, file: &str) -> anyhow::Result<()> {
    let mut kept = 0;
    let threads = match what {
        "check-all-cores" => None,
        _ => Some(NonZero::<usize>::MIN),
    };
    match what {
        "parse-ndjson" => {
            let mut bytes = Vec::new();
            File::open(file)?.read_to_end(&mut bytes)?;
            for line in bytes.split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
                kept += usize::from(serde_json::from_slice::<Value>(line)?.is_object());
            }
        }
        "parse-har" => {
            let har: Har = serde_json::from_slice(&fs::read(file)?)?;
            for entry in &har.log.entries {
                let body: Value = serde_json::from_str(&entry.response.content.text)?;
                let is_asked = entry.response.status == 200 && !entry.request.url.is_empty();
                kept += usize::from(body.is_object() && is_asked);
            }
        }
        _ => {
            let contract = contract()?;
            let no_fast_path = what == "check-in-full";
            let new = || Run::new(&contract, RunOptions { no_fast_path, ..RunOptions::default() });
            let mut run = new();
            let bulk = Bulk { threads, answered: None };
            harness::check_all(&mut run, &new, &[Ok(file.into())], &bulk);
            kept = run.report().to_json().len();
        }
    }
    println!("{kept}\n{}", Cost::now()?.written());
    Ok(())
}

/// Writes a corpus to keep, for another tool or a profiler.
fn corpus(format: &str, responses: &str, bad_percent: &str, file: &str) -> anyhow::Result<()> {
    let format = if format == "har" { Format::Har } else { Format::Ndjson };
    let corpus =
        Corpus { responses: responses.parse()?, bad_percent: bad_percent.parse()?, ambassadors: 2 };
    corpus.write(format, &mut BufWriter::new(File::create(file)?))?;
    Ok(())
}
