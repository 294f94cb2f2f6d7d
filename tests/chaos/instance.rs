//! A copydesk process: started, killed, frozen and stopped.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::installation::Installation;

/// A place for a process, with a configuration of its own.
pub(crate) struct Instance {
    installation: Installation,
    log: fs::File,
    child: Option<Child>,
}

impl Instance {
    /// `sections` is the configuration in addition to the feeds.
    pub(crate) fn new(directory: &Path, feeds: &[String], sections: &str) -> Instance {
        fs::create_dir_all(directory).unwrap();
        let log = fs::File::options().create(true).append(true).open(directory.join("daemon.log")).unwrap();
        Instance { installation: Installation::with_feeds(directory, feeds, sections), log, child: None }
    }

    /// Starts it, with variables for the faults within.
    pub(crate) fn start(&mut self, faults: &[(&str, &str)]) {
        assert!(self.child.is_none(), "it runs already");
        let mut command = self.installation.command(&["run"]);
        command.envs(faults.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null());
        self.child = Some(command.stderr(self.log.try_clone().unwrap()).spawn().unwrap());
    }

    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Kills it, if it still lives.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Stops it as an operator does; it has to end well and in time.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        let mut child = self.child.take().unwrap();
        let deadline = Instant::now() + Duration::from_secs(40);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not stop:\n{}", self.tail_of_log());
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = child.wait().unwrap();
        // one that was started a moment ago does not hear of signals yet
        let well = status.success() || status.signal() == Some(15);
        assert!(well, "stopped with {status}:\n{}", self.tail_of_log());
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Whether it ended, by itself or by a fault within.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    /// Whether it is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        let pid = self.child.as_ref().unwrap().id();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // the state follows the name, which is in parentheses
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.as_ref()?.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
    }

    pub(crate) fn tail_of_log(&self) -> String {
        let log = self.installation.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}
