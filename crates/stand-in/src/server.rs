//! The server: a thread with a runtime of its own.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use axum::{Router, extract::Request, serve::ListenerExt};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{Scenario, answer::answer};

/// A running server. It stops when dropped.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts on a loopback port; 0 takes a free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start(scenario: Scenario, port: u16) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = oneshot::channel();
        let counter = requests.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let handler = move |request: Request| {
                    let number = counter.fetch_add(1, Ordering::SeqCst);
                    async move { answer(scenario, number, request).await }
                };
                let router = Router::new().fallback(handler);
                // With no time to linger, closing a connection in the middle of a body resets it.
                let resets = scenario == Scenario::Reset;
                let listener = listener.tap_io(move |io| {
                    if resets {
                        let _ = io.set_zero_linger();
                    }
                });
                tokio::select! {
                    _ = axum::serve(listener, router) => {}
                    _ = stopped => {}
                }
            });
            // A body that never ends is not waited for.
            runtime.shutdown_timeout(Duration::from_millis(100));
        });
        Ok(Self { address, requests, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, with the path that the reference documents.
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v2", self.address)
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Waits for the server to end, which it does only when the process does.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
