//! Children, which report in one line what they took.

use core::{error::Error, time::Duration};
use std::{
    io::{BufRead as _, BufReader},
    process::{self, ChildStdin, ChildStdout, Command, Stdio},
};

/// What a process took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Report {
    /// Of the sync, on the clock on the wall.
    pub(crate) seconds: f64,
    /// Seconds of CPU, from the start of the sync.
    pub(crate) cpu: f64,
    /// Bytes of memory at the most.
    pub(crate) peak: u64,
    /// Bytes that came in and went out.
    pub(crate) wire: u64,
    /// What its server took, of CPU from the moment that it was ready.
    pub(crate) server_cpu: f64,
    /// And of memory.
    pub(crate) server_peak: u64,
}

/// A child process, which is killed when this is dropped.
pub(crate) struct Child {
    child: process::Child,
    /// Closed, it tells the child to end.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(words: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let stdin = child.stdin.take();
        Ok(Self {
            child,
            stdin,
            stdout: BufReader::new(stdout),
        })
    }

    /// Waits for the next line that it writes.
    pub(crate) fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        if line.is_empty() {
            return Err("a process has ended too early".into());
        }
        Ok(line.trim().to_owned())
    }

    /// Lets it end, if it waits for that, and takes its report.
    pub(crate) async fn report(mut self) -> Result<Report, Box<dyn Error>> {
        self.stdin = None;
        let (line, mut this) = tokio::task::spawn_blocking(move || {
            let line = self.line().map_err(|error| error.to_string());
            (line, self)
        })
        .await?;
        let line = line?;
        let _status = this.child.wait()?;
        let mut numbers = line.split(' ').map(str::parse::<f64>);
        let mut next = || {
            numbers
                .next()
                .ok_or("a report too short")?
                .map_err(|_| "no number")
        };
        Ok(Report {
            seconds: next()?,
            cpu: next()?,
            peak: next()? as u64,
            wire: next()? as u64,
            ..Report::default()
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Takes the time of what this process does.
pub(crate) struct Stopwatch {
    started: std::time::Instant,
    cpu: f64,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            started: std::time::Instant::now(),
            cpu: cpu_seconds(),
        }
    }

    /// Writes the report that the parent waits for.
    pub(crate) fn report(&self, elapsed: Duration, wire: u64) {
        let cpu = cpu_seconds() - self.cpu;
        println!("{} {cpu} {} {wire}", elapsed.as_secs_f64(), peak_memory());
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Waits until the parent has heard enough.
pub(crate) async fn until_dismissed() {
    let _closed =
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await;
}

/// Seconds of CPU that this process has taken; 0 where there is no `/proc`.
pub(crate) fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may contain spaces; user and system time are the 12th and 13th field behind it.
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Bytes of memory that this process has held at the most; 0 where there is no `/proc`.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
