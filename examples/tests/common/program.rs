//! Programs of this crate, run as such.

use core::time::Duration;
use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
};

use serde_json::Value;

/// How long anything may take; only a test that has failed waits for so long.
const LIMIT: Duration = Duration::from_secs(60);

/// A running program, killed at the latest when it is dropped.
pub(crate) struct Program {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

/// What a program that has ended leaves.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn start(path: &str, args: &[&str]) -> Self {
        let mut child = Command::new(path)
            .args(args)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits for a line of standard output.
    pub(crate) fn line(&self) -> String {
        match next(&self.stdout) {
            Some(line) => line,
            None => panic!("no line, but: {:#?}", rest(&self.stderr)),
        }
    }

    /// Waits for a line of standard error that contains `text`.
    pub(crate) fn log_line(&self, text: &str) -> String {
        let mut seen = Vec::new();
        while let Some(line) = next(&self.stderr) {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with {text:?} in {seen:#?}");
    }

    /// Waits for the end.
    pub(crate) fn ended(mut self) -> Ended {
        // Both are closed when it ends.
        let stdout = rest(&self.stdout);
        let stderr = rest(&self.stderr).join("\n");
        let code = self.child.wait().unwrap().code();
        Ended {
            code,
            stdout,
            stderr,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if it has ended.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Ended {
    /// Checks that it went wrong, and that standard error says so in these words.
    pub(crate) fn assert_failed(&self, words: &str) {
        assert_eq!(self.code, Some(1), "{}", self.stderr);
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("ERROR"), "{}", self.stderr);
        assert!(last.contains(words), "no {words:?} in: {}", self.stderr);
        assert!(self.json().iter().all(|line| line["event"] != "synced"));
    }

    /// Standard output, each line of which must be a JSON object.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout.iter().map(|line| object(line)).collect()
    }
}

pub(crate) fn object(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap();
    assert!(value.is_object(), "{line}");
    value
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn next(lines: &Receiver<String>) -> Option<String> {
    match lines.recv_timeout(LIMIT) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("nothing for {LIMIT:?}"),
    }
}

fn rest(lines: &Receiver<String>) -> Vec<String> {
    core::iter::from_fn(|| next(lines)).collect()
}
