//! A bar on terminals, a line now and then elsewhere.

use std::{
    io::IsTerminal as _,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows on standard error how far something is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    name: &'static str,
    /// When the last line was written; `None` on a terminal, which has the bar.
    last_line: Option<Mutex<Instant>>,
}

/// The time between two lines.
const LINE_EVERY: Duration = Duration::from_secs(2);

impl Progress {
    /// Begins with nothing of `total` done.
    ///
    /// # Panics
    /// Never: the bar's template is a constant.
    #[must_use]
    pub fn new(name: &'static str, total: u64) -> Self {
        let style = ProgressStyle::with_template(
            "{prefix:>10} [{bar:32}] {pos}/{len} {elapsed:>4} {wide_msg}",
        )
        .expect("the template is a constant")
        .progress_chars("=> ");
        let bar = ProgressBar::new(total).with_prefix(name).with_style(style);
        let terminal = std::io::stderr().is_terminal();
        Self {
            bar,
            name,
            last_line: (!terminal).then(|| Mutex::new(Instant::now())),
        }
    }

    /// Sets how much is done, and what to say about it.
    pub fn set(&self, done: u64, message: impl FnOnce() -> String) {
        match &self.last_line {
            None => {
                self.bar.set_position(done);
                self.bar.set_message(message());
            }
            Some(last) => {
                let Ok(mut last) = last.lock() else { return };
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    self.line(done, &message());
                }
            }
        }
    }

    /// Ends, leaving a last word.
    pub fn finish(self, message: String) {
        let total = self.bar.length().unwrap_or(0);
        if self.last_line.is_some() {
            self.line(total, &message);
        } else {
            self.bar.set_position(total);
            self.bar.finish_with_message(message);
        }
    }

    #[expect(clippy::print_stderr, reason = "this is what it is for")]
    fn line(&self, done: u64, message: &str) {
        let total = self.bar.length().unwrap_or(0);
        eprintln!("{:>10} {done}/{total} {message}", self.name);
    }
}
