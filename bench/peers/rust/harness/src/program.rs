//! The commands of a peer program.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::FromRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::sync::{mpsc, oneshot};

use crate::link::{Link, Times};
use crate::Stack;

const PING_PATIENCE: Duration = Duration::from_secs(10);

struct Program {
    stack: Box<dyn Stack>,
    signalling: Arc<Mutex<UnixStream>>,
    links: Mutex<HashMap<usize, Arc<Link>>>,
    next: AtomicUsize,
    begun: Instant,
}

/// main() of a peer program. `make` is told whether to take the fast settings.
pub fn run<S: Stack>(make: impl FnOnce(bool) -> S) {
    let arguments: Vec<String> = std::env::args().collect();
    let descriptor = arguments.get(2).and_then(|text| text.parse::<i32>().ok());
    let role = arguments.get(1).map(String::as_str);
    let (Some("offer" | "answer"), Some(descriptor)) = (role, descriptor) else {
        eprintln!("usage: {} offer|answer DESCRIPTOR [--fast]", arguments[0]);
        std::process::exit(2);
    };
    let fast = arguments.get(3).is_some_and(|text| text == "--fast");
    // The driver gives us that descriptor, and nobody else here has it.
    let signalling = unsafe { UnixStream::from_raw_fd(descriptor) };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _entered = runtime.enter();
    let program = Arc::new(Program {
        stack: Box::new(make(fast)),
        signalling: Arc::new(Mutex::new(signalling.try_clone().expect("a descriptor"))),
        links: Mutex::default(),
        next: AtomicUsize::new(0),
        begun: Instant::now(),
    });
    let listening = program.clone();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || {
        let _entered = handle.enter();
        listening.listen(signalling);
    });

    let mut ready = program.stack.about();
    ready["done"] = json!("ready");
    reply(&ready);
    for line in std::io::stdin().lock().lines() {
        let Ok(command) = serde_json::from_str::<Value>(&line.unwrap_or_default()) else { break };
        let op = command["op"].as_str().unwrap_or_default().to_string();
        if op == "quit" {
            break;
        }
        match runtime.block_on(program.execute(&op, &command)) {
            Ok(mut answer) => {
                answer["done"] = json!(op);
                reply(&answer);
            }
            Err(why) => reply(&json!({ "error": why })),
        }
    }
    std::process::exit(0); // whatever the tasks are at
}

fn reply(line: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn number(command: &Value, name: &str) -> usize {
    command[name].as_f64().unwrap_or_default() as usize
}

fn duration(command: &Value, name: &str, unit: f64) -> Duration {
    Duration::from_secs_f64(command[name].as_f64().unwrap_or_default() * unit)
}

impl Program {
    fn listen(&self, signalling: UnixStream) {
        for line in BufReader::new(signalling).lines().map_while(Result::ok) {
            let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
            let index = number(&line, "c");
            if line.get("create").is_some() {
                self.add(index, false);
            } else if line.get("close").is_some() {
                self.remove(index);
            } else if let Some(link) = self.find(index) {
                link.take(&line);
            }
        }
    }

    fn find(&self, index: usize) -> Option<Arc<Link>> {
        self.links.lock().unwrap().get(&index).cloned()
    }

    fn add(&self, index: usize, offers: bool) -> oneshot::Receiver<Result<Times, String>> {
        let (done, opened) = oneshot::channel();
        let (inputs, taken) = mpsc::unbounded_channel();
        let link = Link::new(index, offers, self.signalling.clone(), inputs, done);
        self.links.lock().unwrap().insert(index, link.clone());
        link.announce();
        self.stack.create(link, taken);
        opened
    }

    fn remove(&self, index: usize) {
        if let Some(link) = self.links.lock().unwrap().remove(&index) {
            link.close();
        }
    }

    async fn execute(&self, op: &str, command: &Value) -> Result<Value, String> {
        match op {
            "open" => return Ok(self.open(command).await),
            "close" => {
                for (_, link) in self.links.lock().unwrap().drain() {
                    link.close();
                }
                return Ok(json!({}));
            }
            _ => {}
        }
        let link = self.find(number(command, "c")).ok_or("there is no such connection")?;
        let size = number(command, "size");
        match op {
            "receive" => link.expect(size),
            "count" => return Ok(link.counted(self.begun)),
            "send" => {
                link.start_sending(size, number(command, "buffer"), number(command, "low"));
            }
            "stop" => return Ok(json!({"messages": link.stop_sending().await})),
            "echo" => link.echo(),
            "ping" => {
                let time = duration(command, "seconds", 1.0);
                let pinged = link.ping(size, number(command, "count"), time);
                return match tokio::time::timeout(time + PING_PATIENCE, pinged).await {
                    Ok(Ok(times)) => Ok(times),
                    _ => Err("a ping was not answered".to_string()),
                };
            }
            _ => return Err(format!("there is no command {op}")),
        }
        Ok(json!({}))
    }

    async fn open(&self, command: &Value) -> Value {
        let (count, at_once) = (number(command, "count"), number(command, "at_once"));
        let time = duration(command, "seconds", 1.0);
        let patience = duration(command, "timeout_ms", 1e-3);
        let close = command["close"].as_bool().unwrap_or(false);
        let first = self.next.load(Ordering::Relaxed);
        let start = Instant::now();
        let found = Mutex::new((Vec::new(), Vec::new(), Vec::new()));
        let some = || async {
            while start.elapsed() < time {
                let index = self.next.fetch_add(1, Ordering::Relaxed);
                if index - first >= count {
                    self.next.fetch_sub(1, Ordering::Relaxed);
                    break;
                }
                let opened = tokio::time::timeout(patience, self.add(index, true)).await;
                let failure = match opened {
                    Ok(Ok(Ok((from_created, from_begun)))) => {
                        let mut found = found.lock().unwrap();
                        found.0.push(from_created.as_micros() as u64);
                        found.1.push(from_begun.as_micros() as u64);
                        None
                    }
                    Ok(Ok(Err(why))) => Some(why),
                    Ok(Err(_)) => Some("its task ended".to_string()),
                    Err(_) => Some("not open in time".to_string()),
                };
                if close || failure.is_some() {
                    let line = format!("{}\n", json!({"c": index, "close": true}));
                    let _ = self.signalling.lock().unwrap().write_all(line.as_bytes());
                    self.remove(index);
                }
                if let Some(why) = failure {
                    found.lock().unwrap().2.push(why);
                }
            }
        };
        let mut all: Vec<_> = (0..at_once).map(|_| Box::pin(some())).collect();
        std::future::poll_fn(|context| {
            all.retain_mut(|one| std::future::Future::poll(one.as_mut(), context).is_pending());
            if all.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        drop(all);
        let (us, total_us, failures) = found.into_inner().unwrap();
        json!({"us": us, "total_us": total_us, "failures": failures,
               "seconds": start.elapsed().as_secs_f64(), "first": first})
    }
}
