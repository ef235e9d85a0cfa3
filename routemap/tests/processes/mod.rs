//! Processes of a test program that starts itself again, and the memory that they map.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

/// Another process of this program. Killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    stdin: ChildStdin,
    pub(crate) stdout: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(role: &str, folder: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .arg(role)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn say(&mut self, what: &str) {
        writeln!(self.stdin, "{what}").unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A folder's name, for the time of a test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("routemap-{}-{name}", std::process::id());
        Self(env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.0);
    }
}

/// Returns the inodes of this crate's segments that a process has mapped.
pub(crate) fn mapped(process: u32) -> Vec<String> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap_or_default();
    let ours = maps.lines().filter(|line| line.contains("memfd:routemap"));
    ours.filter_map(|line| line.split_whitespace().nth(4))
        .map(str::to_owned)
        .collect()
}

/// Returns the processes that have one of these mapped.
pub(crate) fn holders(inodes: &[String]) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| mapped(*process).iter().any(|inode| inodes.contains(inode)))
        .collect()
}

/// A test of a program that has no harness, with a folder of its own.
pub(crate) type Test = fn(&Path);

/// Runs one test after the other, as the harness says it.
#[expect(clippy::print_stdout, reason = "it speaks for the harness")]
pub(crate) fn run_each(tests: &[(&str, Test)]) {
    for (name, test) in tests {
        let folder = Folder::new(name);
        test(&folder.0);
        println!("test {name} ... ok");
    }
}
