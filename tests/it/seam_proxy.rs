//! A proxy between the program and the sandbox that lets calls pass, answers them itself, or changes what Seam says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::seam_script::Asked;

/// What the proxy does with a call.
pub(crate) enum Meddle {
    /// Lets it through.
    Pass,
    /// Answers with a status, header lines that end with a line end each, and a body.
    Say(u16, String, Vec<u8>),
    /// Lets it through, and changes the answer.
    Change(Box<dyn Fn(&mut Value)>),
    /// Lets another body through.
    Instead(Value),
    /// Sends a head and then spaces, until the client has enough.
    Drip,
}

impl Meddle {
    /// Answers with JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Say(status, "content-type: application/json\r\n".to_owned(), body.to_string().into_bytes())
    }

    pub(crate) fn change(change: impl Fn(&mut Value) + 'static) -> Self {
        Self::Change(Box::new(change))
    }
}

type Decide = dyn Fn(&Asked) -> Meddle + Send + Sync;

/// The proxy; it takes no further call when it is dropped.
pub(crate) struct Proxy {
    pub(crate) base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn before(endpoint: &str, decide: impl Fn(&Asked) -> Meddle + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let upstream = endpoint.strip_prefix("http://").expect("an address without TLS").to_owned();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (calls, ended, decide) = (Arc::clone(&asked), Arc::clone(&is_over), Arc::new(decide));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (upstream, calls, decide) = (upstream.clone(), Arc::clone(&calls), Arc::clone(&decide));
                // A client that goes away ends its own call only.
                thread::spawn(move || answer(stream, &upstream, &calls, &*decide));
            }
        });
        Self { base_url: format!("http://{address}"), asked, is_over }
    }

    /// What was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// How often this was called.
    pub(crate) fn n_calls(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path == path).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        TcpStream::connect(self.base_url.trim_start_matches("http://")).ok();
    }
}

fn answer(mut stream: TcpStream, upstream: &str, calls: &Mutex<Vec<Asked>>, decide: &Decide) -> Option<()> {
    let (head, body) = message(&mut stream)?;
    let asked = Asked {
        path: head.split(' ').nth(1)?.to_owned(),
        head: head.clone(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    calls.lock().expect("no panic").push(asked.clone());
    let (status, headers, body) = match decide(&asked) {
        Meddle::Say(status, headers, body) => (format!("{status} Said"), headers, body),
        Meddle::Pass => passed(&head, &body, upstream)?,
        Meddle::Change(change) => {
            let (status, headers, body) = passed(&head, &body, upstream)?;
            let mut json: Value = serde_json::from_slice(&body).ok()?;
            change(&mut json);
            (status, headers, json.to_string().into_bytes())
        }
        Meddle::Instead(body) => {
            let body = body.to_string().into_bytes();
            let is_length = |line: &&str| line.to_lowercase().starts_with("content-length:");
            let lines: Vec<&str> = head.lines().filter(|line| !is_length(line)).collect();
            passed(&format!("{}\r\ncontent-length: {}", lines.join("\r\n"), body.len()), &body, upstream)?
        }
        Meddle::Drip => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n";
            stream.write_all(head.as_bytes()).ok()?;
            // Nothing comes any more, so that reading waits.
            stream.set_read_timeout(Some(Duration::from_millis(20))).ok()?;
            loop {
                stream.write_all(b" ").ok()?;
                stream.read_exact(&mut [0]).ok();
            }
        }
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()
}

/// The answer of the server behind: status, headers but those of the connection, body.
fn passed(head: &str, body: &[u8], upstream: &str) -> Option<(String, String, Vec<u8>)> {
    let mut server = TcpStream::connect(upstream).ok()?;
    server.write_all(format!("{head}\r\n\r\n").as_bytes()).ok()?;
    server.write_all(body).ok()?;
    let (head, body) = message(&mut server)?;
    let mut lines = head.lines();
    let status = lines.next()?.split_once(' ')?.1.to_owned();
    let of_the_connection = ["content-length", "connection", "transfer-encoding"];
    let headers = lines
        .filter(|line| {
            let name = line.split(':').next().unwrap_or_default().to_lowercase();
            !of_the_connection.contains(&name.as_str())
        })
        .fold(String::new(), |headers, line| headers + line + "\r\n");
    Some((status, headers, body))
}

/// One message: its head, and as much body as the head says.
fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let n_read = stream.read(&mut buffer).ok().filter(|n_read| *n_read > 0)?;
        bytes.extend_from_slice(&buffer[..n_read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            })
            .unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}
