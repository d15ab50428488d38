//! Checks any number of sources, on one thread or several, whole or in part; the findings are the same.

use std::{
    num::NonZero,
    ops::Range,
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    thread::{self, ScopedJoinHandle},
};

use contract::{Run, Unreadable};

use crate::{
    read::{Answered, Format, Raw},
    source::each_raw,
};

/// How much one thread is given at a time, in bytes.
const BATCH: usize = 256 * 1024;

/// How sources are checked.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// How many threads check; as many as there are cores where it is not said.
    pub threads: Option<NonZero<usize>>,
    /// What plain JSON files are the bodies of.
    pub answered: Option<Answered>,
}

/// A source's path, or why there is none.
pub type Found = Result<PathBuf, Unreadable>;

/// Checks every exchange of the sources, or of the run's part of them, in `run`, with the help of runs that `another` makes
/// alike.
pub fn check_all<'c>(
    run: &mut Run<'c>,
    another: &(dyn Fn() -> Run<'c> + Sync),
    sources: &[Found],
    bulk: &Bulk,
) {
    let shard = run.options().shard;
    let mut number = 0;
    let mut is_ours = || {
        number += 1;
        shard.is_none_or(|it| it.has(number - 1))
    };
    if bulk.threads == Some(NonZero::<usize>::MIN) {
        return each(sources, bulk, &mut |item| {
            if is_ours() {
                check(run, item);
            }
        });
    }
    thread::scope(|scope| {
        let mut team = Team::new(run, another, bulk.threads, scope);
        each(sources, bulk, &mut |item| {
            if is_ours() {
                team.take(item);
            }
        });
        team.finish();
    });
}

fn each(sources: &[Found], bulk: &Bulk, each: &mut dyn FnMut(Result<Raw<'_>, Unreadable>)) {
    for source in sources {
        match source {
            Ok(path) => each_raw(path, bulk.answered.as_ref(), each),
            Err(unreadable) => each(Err(unreadable.clone())),
        }
    }
}

fn check(run: &mut Run<'_>, mut item: Result<Raw<'_>, Unreadable>) {
    // Whether a body is JSON need not be asked twice.
    let known = item.as_mut().ok().and_then(Raw::read_loosely);
    if known.is_some_and(|(exchange, text)| run.check_known(&exchange, text)) {
        return;
    }
    match item.and_then(|it| it.read()) {
        Ok(exchange) => run.check(&exchange),
        Err(unreadable) => run.unreadable(unreadable),
    }
}

/// Exchanges that are checked by one thread, copied out of the window that they were found in.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    items: Vec<Result<Copied, Unreadable>>,
}

struct Copied {
    source: Arc<str>,
    format: Format,
    bytes: Range<usize>,
    entry: usize,
    byte: usize,
}

impl Batch {
    /// What it takes in memory: of the smallest entries, most is what is known about each.
    fn size(&self) -> usize {
        self.bytes.len() + self.items.len() * size_of::<Result<Copied, Unreadable>>()
    }

    fn check(self, run: &mut Run<'_>) {
        for item in self.items {
            match item {
                Ok(Copied { source, format, bytes, entry, byte }) => {
                    let bytes = &self.bytes[bytes];
                    check(
                        run,
                        Ok(Raw { source: &source, format, bytes, entry, byte, loose: None }),
                    );
                }
                Err(unreadable) => check(run, Err(unreadable)),
            }
        }
    }
}

/// The threads that check, started when there is more than one batch.
struct Team<'r, 's, 'e, 'c> {
    run: &'r mut Run<'c>,
    another: &'e (dyn Fn() -> Run<'c> + Sync),
    threads: Option<NonZero<usize>>,
    scope: &'s thread::Scope<'s, 'e>,
    batch: Batch,
    source: Arc<str>,
    at_work: Option<AtWork<'s, 'c>>,
}

impl<'r, 's, 'e, 'c: 'e> Team<'r, 's, 'e, 'c> {
    fn new(
        run: &'r mut Run<'c>,
        another: &'e (dyn Fn() -> Run<'c> + Sync),
        threads: Option<NonZero<usize>>,
        scope: &'s thread::Scope<'s, 'e>,
    ) -> Self {
        let (batch, source) = (Batch::default(), "".into());
        Self { run, another, threads, scope, batch, source, at_work: None }
    }

    fn take(&mut self, item: Result<Raw<'_>, Unreadable>) {
        let copied = item.map(|it| {
            if *self.source != *it.source {
                self.source = it.source.into();
            }
            let start = self.batch.bytes.len();
            self.batch.bytes.extend_from_slice(it.bytes);
            Copied {
                source: self.source.clone(),
                format: it.format,
                bytes: start..self.batch.bytes.len(),
                entry: it.entry,
                byte: it.byte,
            }
        });
        self.batch.items.push(copied);
        if self.batch.size() >= BATCH {
            let batch = std::mem::take(&mut self.batch);
            let (work, _) =
                self.at_work.get_or_insert_with(|| start(self.scope, self.another, self.threads));
            // A thread that is gone has panicked, which is told when it is joined.
            let _ = work.send(batch);
        }
    }

    fn finish(self) {
        self.batch.check(self.run);
        if let Some((work, threads)) = self.at_work {
            drop(work);
            for thread in threads {
                match thread.join() {
                    Ok(run) => self.run.absorb(run),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        }
    }
}

type AtWork<'s, 'c> = (mpsc::SyncSender<Batch>, Vec<ScopedJoinHandle<'s, Run<'c>>>);

fn start<'s, 'e, 'c: 'e>(
    scope: &'s thread::Scope<'s, 'e>,
    another: &'e (dyn Fn() -> Run<'c> + Sync),
    threads: Option<NonZero<usize>>,
) -> AtWork<'s, 'c> {
    let cores = || thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let threads = threads.unwrap_or_else(cores).get();
    let (work, batches) = mpsc::sync_channel::<Batch>(threads);
    let batches = Arc::new(Mutex::new(batches));
    let threads = (0..threads).map(|_| {
        let batches = batches.clone();
        scope.spawn(move || {
            let mut run = another();
            loop {
                let batch = batches.lock().map(|it| it.recv());
                let Ok(Ok(batch)) = batch else { return run };
                batch.check(&mut run);
            }
        })
    });
    (work, threads.collect())
}
