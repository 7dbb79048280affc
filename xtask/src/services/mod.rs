//! `cargo xtask services`: private servers for the tests. All their files are in `target/services/`.

mod apt;
mod brokers;
mod command;
mod galera;
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

/// The user of every server, and the name of its database.
const USER: &str = "activerecord";

/// Not a secret: only this machine can connect to the servers.
const PASSWORD: &str = "local-only";

/// The tasks of `cargo xtask services`.
#[derive(Subcommand, Debug)]
pub(crate) enum Task {
    /// Starts the servers that are not running, and shows all
    Up(Options),
    /// Stops all servers, and deletes their data
    Down,
    /// Prints the URLs of the servers for `eval "$(cargo xtask services env)"`
    Env,
    /// Stops a server if it is running, and starts it with the same port and data
    Restart {
        /// Which server
        service: Service,
    },
    /// Kills a server (SIGKILL)
    Kill {
        /// Which server
        service: Service,
    },
}

/// The selection of servers.
#[derive(Args, Debug, Default)]
pub(crate) struct Options {
    /// The major version of PostgreSQL, such as 18; from Debian unstable if the machine does not have it
    #[arg(long, value_name = "VERSION")]
    postgres: Option<u32>,
    /// Leave out a server and its replica (may be repeated)
    #[arg(long, value_name = "NAME")]
    without: Vec<Service>,
    /// Also start a server that only some tests need: galera (may be repeated)
    #[arg(long, value_name = "NAME")]
    with: Vec<Service>,
}

/// Runs a task.
pub(crate) fn run(task: Task) -> Result<()> {
    match task {
        Task::Up(options) => {
            let chosen = |service: &Service| !service.is_on_request() || options.with.contains(service);
            let services: Vec<_> = Service::ALL.into_iter().filter(chosen).collect();
            up(&options, &services).map(|table| println!("{table}"))
        }
        Task::Down => down(),
        Task::Env => show_variables(),
        Task::Restart { service } => restart(service),
        Task::Kill { service } => kill(service),
    }
}

/// The servers of a run of the tests or benchmarks. When this is dropped, or on Ctrl-C, it stops the servers that did
/// not run before.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    options: &'a Options,
    services: &'a [Service],
    stopped: Vec<Service>,
    /// The path of this program. Tests use it to kill and restart servers.
    xtask: PathBuf,
}

impl<'a> Lease<'a> {
    /// Records which of these servers are already running. Call it before any server is started.
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
        // Read now, because a build can replace the file.
        Ok(Self { options, services, stopped, xtask: env::current_exe()? })
    }

    /// Starts the servers, and returns their number and those that are left out.
    pub(crate) fn start(&self) -> Result<String> {
        println!("{}", up(self.options, self.services)?);
        let without = self.options.without.iter().map(|service| format!(", without {service}")).collect::<String>();
        let count = self.services.iter().filter(|service| !self.options.without.contains(service)).count();
        Ok(format!("{count} servers{without}"))
    }

    /// Restarts the servers that have ended, so that the next step can use all of them.
    ///
    /// # Errors
    /// When a server had ended. The error has the names of these servers, and the ends of their logs.
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

    /// Whether this run leaves out the server with this name.
    pub(crate) fn leaves_out(&self, name: &str) -> bool {
        self.options.without.iter().any(|service| service.to_string() == name)
    }

    /// Returns the variables for the tests, without the URLs of the servers that are left out. `ACTIVERECORD_WITHOUT`
    /// has the names of those servers, separated by commas. The tests of any other server fail without its URL.
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
            eprintln!("error: cannot stop the servers: {error}");
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

/// Kills these servers, and deletes their data. They need no clean shutdown.
fn stop(services: &[Service]) -> Result<()> {
    let site = Site::new(None)?;
    // The servers are found without the state.
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
    // After SIGTERM, PostgreSQL would wait for its clients.
    let signal = if service.family() == Family::Postgres { Signal::INT } else { Signal::TERM };
    process::stop(server, &site.folder(service), signal);
    up::start_again(service, server)?;
    println!("{service} was restarted in {:.1} s", server.seconds);
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
    format!("{service} was not started; run `cargo xtask services up`").into()
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
