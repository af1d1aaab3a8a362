//! A server that answers by script: what Seam or a proxy could say and the sandbox does not, byte by byte.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What one request gets.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A status and JSON.
    Json(u16, Value),
    /// A status, further header lines, and a body of any kind.
    Raw(u16, &'static str, String),
    /// The connection ends.
    Cut,
    /// Nothing, ever.
    Silence,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: Value,
}

type Queues = BTreeMap<&'static str, VecDeque<Reply>>;

/// The server; it ends when it is dropped.
pub(crate) struct Script {
    pub(crate) base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

impl Script {
    /// Serves the replies of each path in order; the last one of a path is repeated.
    pub(crate) async fn serve(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let mut queues = Queues::new();
        for (path, reply) in replies {
            queues.entry(path).or_default().push_back(reply);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("it listens"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let queues = Arc::new(Mutex::new(queues));
        let server = tokio::spawn(accept(listener, queues, Arc::clone(&asked)));
        Self { base_url, asked, server }
    }

    /// What was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// The paths of what was asked.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Seam's envelope of an error.
pub(crate) fn refusal(status: u16, kind: &str, message: &str) -> Reply {
    Reply::Json(status, json!({"error": {"type": kind, "message": message}, "ok": false}))
}

async fn accept(listener: TcpListener, queues: Arc<Mutex<Queues>>, asked: Arc<Mutex<Vec<Asked>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&queues), Arc::clone(&asked)));
    }
}

async fn answer(mut stream: TcpStream, queues: Arc<Mutex<Queues>>, asked: Arc<Mutex<Vec<Asked>>>) {
    let Some(request) = read(&mut stream).await else { return };
    let reply = {
        let mut queues = queues.lock().expect("no panic");
        let queue = queues.get_mut(request.path.as_str());
        match queue {
            Some(queue) if queue.len() > 1 => queue.pop_front().expect("more than one"),
            Some(queue) => queue.front().cloned().expect("the last one stays"),
            None => Reply::Raw(418, "", format!("no reply for {}", request.path)),
        }
    };
    asked.lock().expect("no panic").push(request);
    let (status, headers, body) = match reply {
        Reply::Cut => return,
        Reply::Silence => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            return;
        }
        Reply::Json(status, body) => (status, "content-type: application/json\r\n", body.to_string()),
        Reply::Raw(status, headers, body) => (status, headers, body),
    };
    let length = if headers.contains("content-length") {
        String::new()
    } else {
        format!("content-length: {}\r\n", body.len())
    };
    let text = format!(
        "HTTP/1.1 {status} Said\r\nconnection: close\r\nseam-request-id: request_7\r\n{headers}{length}\r\n{body}"
    );
    // A client that went away is no failure of the script.
    stream.write_all(text.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            })
            .unwrap_or(0);
        if body.len() >= length {
            let path = head.split(' ').nth(1)?.to_owned();
            let body = serde_json::from_str(body).unwrap_or(Value::Null);
            return Some(Asked { path, head: head.to_owned(), body });
        }
    }
}
