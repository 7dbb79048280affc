//! `cargo xtask services`: servers of our own for the tests, with everything of theirs under `target/services/`.

mod apt;
mod brokers;
mod command;
mod mariadb;
mod mysql;
mod postgres;
mod probe;
mod process;
mod service;
mod site;
mod state;
mod tls;
mod up;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::exit;

use clap::{Args, Subcommand};
use rustix::process::Signal;

use crate::Result;
pub(crate) use process::kill_below;
use service::Family;
pub(crate) use service::Service;
use site::Site;
use state::State;

/// Of every server: its user, and the user's database.
const USER: &str = "activerecord";

/// No secret: the servers listen on this machine alone.
const PASSWORD: &str = "local-only";

/// What `cargo xtask services` can do.
#[derive(Subcommand, Debug)]
pub(crate) enum Task {
    /// Starts the servers that do not run, and shows all
    Up(Options),
    /// Stops all of them, and deletes their data
    Down,
    /// Their URLs, to `eval "$(cargo xtask services env)"`
    Env,
    /// Stops one server gently, or starts a killed one, with the same port and data
    Restart {
        /// Which server
        service: Service,
    },
    /// Kills one server (SIGKILL)
    Kill {
        /// Which server
        service: Service,
    },
}

/// Which servers are started.
#[derive(Args, Debug, Default)]
pub(crate) struct Options {
    /// The major version of PostgreSQL (18, say); from Debian unstable when the machine lacks it
    #[arg(long, value_name = "VERSION")]
    postgres: Option<u32>,
    /// A server to leave out, with its replica; may be repeated
    #[arg(long, value_name = "NAME")]
    without: Vec<Service>,
}

/// Does the task.
pub(crate) fn run(task: Task) -> Result<()> {
    match task {
        Task::Up(options) => up(&options, &Service::ALL).map(|table| println!("{table}")),
        Task::Down => down(),
        Task::Env => show_variables(),
        Task::Restart { service } => restart(service),
        Task::Kill { service } => kill(service),
    }
}

/// The servers of a run of the tests or benchmarks: what was not up before is stopped when this is dropped, or on Ctrl-C.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    options: &'a Options,
    services: &'a [Service],
    stopped: Vec<Service>,
    /// This program, by which tests kill and restart servers.
    xtask: PathBuf,
}

impl<'a> Lease<'a> {
    /// Notes which of these servers run already. To be called before anything is started.
    pub(crate) fn new(options: &'a Options, services: &'a [Service]) -> Result<Self> {
        let site = Site::new(None)?;
        let state = State::load(&site.root)?;
        let lives = |service: &Service| {
            state.servers.get(service).is_some_and(|server| process::alive(server, &site.folder(*service)).is_some())
        };
        let stopped: Vec<Service> = services.iter().copied().filter(|service| !lives(service)).collect();
        let ours = stopped.clone();
        ctrlc::set_handler(move || {
            process::close();
            let _ = stop(&ours);
            process::kill_children();
            exit(130);
        })?;
        // Now, since a build may replace the file.
        Ok(Self { options, services, stopped, xtask: env::current_exe()? })
    }

    /// Starts them; says which servers these are.
    pub(crate) fn start(&self) -> Result<String> {
        println!("{}", up(self.options, self.services)?);
        let without = self.options.without.iter().map(|service| format!(", without {service}")).collect::<String>();
        let count = self.services.iter().filter(|service| !self.options.without.contains(service)).count();
        Ok(format!("{count} servers{without}"))
    }

    /// Starts the servers that have ended meanwhile again, so that the next step finds all of them.
    ///
    /// # Errors
    /// Names each that had ended, and shows the end of its log: no step leaves a server dead.
    pub(crate) fn revive(&self) -> Result<()> {
        let site = Site::new(None)?;
        let wanted = up::wanted(self.services, self.options)?;
        let mut errors = up::ended(&site, &State::load(&site.root)?, &wanted);
        if errors.is_empty() {
            return Ok(());
        }
        errors.extend(up(self.options, self.services).err().map(|error| error.to_string()));
        Err(errors.join("\n").into())
    }

    /// Whether the server of this name is not among those of this run.
    pub(crate) fn leaves_out(&self, name: &str) -> bool {
        self.options.without.iter().any(|service| service.to_string() == name)
    }

    /// Where the servers are, for the environment of the tests: not one that is left out, even if it runs. Those are named
    /// in `ACTIVERECORD_WITHOUT`, with commas between: the tests of a server fail without its URL unless it is named there.
    pub(crate) fn variables(&self) -> Result<Vec<(String, OsString)>> {
        let without = |name: &str| self.options.without.iter().any(|service| service.variable() == name);
        let left_out: Vec<_> = self.options.without.iter().map(ToString::to_string).collect();
        let left_out = ("ACTIVERECORD_WITHOUT".to_owned(), left_out.join(",").into());
        let xtask = ("ACTIVERECORD_XTASK".to_owned(), self.xtask.clone().into());
        Ok(variables()?.into_iter().filter(|(name, _)| !without(name)).chain([left_out, xtask]).collect())
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Err(error) = stop(&self.stopped) {
            eprintln!("error: the servers are not stopped: {error}");
        }
    }
}

fn up(options: &Options, services: &[Service]) -> Result<String> {
    let site = Site::new(options.postgres)?;
    let _lock = site.lock()?;
    let state = up::up(&site, options, services)?;
    Ok(table(&state))
}

fn down() -> Result<()> {
    stop(&Service::ALL)
}

/// Kills these servers at once, since nobody wants their data any more, and deletes it.
fn stop(services: &[Service]) -> Result<()> {
    let site = Site::new(None)?;
    // Not needed to find them.
    let mut state = State::load(&site.root).unwrap_or_default();
    for service in services {
        let folder = site.folder(*service);
        process::kill(&folder);
        state.servers.remove(service);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    state.save(&site.root)
}

fn show_variables() -> Result<()> {
    for (name, value) in variables()? {
        let value = value.to_string_lossy().into_owned();
        println!("export {name}={}", shlex::try_quote(&value)?);
    }
    Ok(())
}

fn variables() -> Result<Vec<(String, OsString)>> {
    let site = Site::new(None)?;
    Ok(State::load(&site.root)?.variables(&site.root, |name| env::var_os(name)))
}

fn restart(service: Service) -> Result<()> {
    let site = Site::new(None)?;
    let _lock = site.lock()?;
    let mut state = State::load(&site.root)?;
    let Some(server) = state.servers.get_mut(&service) else { return Err(unknown(service)) };
    // PostgreSQL takes SIGTERM as a request to wait for its clients.
    let signal = if service.family() == Family::Postgres { Signal::INT } else { Signal::TERM };
    process::stop(server, &site.folder(service), signal);
    up::start_again(service, server)?;
    println!("{service} runs again after {:.1} s", server.seconds);
    state.save(&site.root)
}

fn kill(service: Service) -> Result<()> {
    let site = Site::new(None)?;
    if !State::load(&site.root)?.servers.contains_key(&service) {
        return Err(unknown(service));
    }
    process::kill(&site.folder(service));
    Ok(())
}

fn unknown(service: Service) -> Box<dyn std::error::Error> {
    format!("{service} was not started here: `cargo xtask services up` does").into()
}

fn table(state: &State) -> String {
    let head = format!("{:<16}  {:<8}  {:>5}  {:>7}  {:>7}", "name", "version", "port", "pid", "start");
    let rows = state.servers.iter().map(|(service, server)| {
        let (version, port, pid, seconds) = (&server.version, server.port, server.pid, server.seconds);
        format!("\n{service:<16}  {version:<8}  {port:>5}  {pid:>7}  {seconds:>5.1} s")
    });
    [head].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser, Debug)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn servers_are_left_out_by_name() {
        let parse = |line: &str| Line::try_parse_from(line.split(' ')).map(|line| line.options);
        let options = parse("test --without mysql --without postgres-2 --postgres 18").unwrap();
        assert_eq!((options.without, options.postgres), (vec![Service::Mysql, Service::Postgres2], Some(18)));
        assert_eq!(parse("test").unwrap().without, []);
        let error = parse("test --without oracle").unwrap_err().to_string();
        assert!(error.contains("oracle") && error.contains("mariadb-replica"), "{error}");
    }
}
