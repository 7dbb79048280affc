//! Starts the servers that are not running.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::command::{find, tail};
use super::probe::{free_port, is_ready};
use super::service::{Family, Service};
use super::site::Site;
use super::state::{Server, State};
use super::{Options, apt, brokers, galera, mariadb, mysql, postgres, process, tls};
use crate::Result;

const PATIENCE: Duration = Duration::from_secs(90);

/// Starts each server that is not running, not left out, and without a URL in the environment. Families start at the
/// same time.
///
/// # Errors
/// For each server that does not start, the reason. The others keep running.
pub(super) fn up(site: &Site, options: &Options, services: &[Service]) -> Result<State> {
    let wanted = wanted(services, options)?;
    let state = Mutex::new(State::load(&site.root)?);
    let missing: Vec<Service> =
        wanted.iter().copied().filter(|service| !is_up(site, &lock(&state), *service)).collect();
    if !missing.is_empty() {
        apt::install(&packages(site, &missing))?;
        tls::prepare(&site.root)?;
    }
    let families = wanted.chunk_by(|one, next| one.family() == next.family());
    let errors: Vec<String> = thread::scope(|scope| {
        let threads = families.map(|family| scope.spawn(|| start_family(site, &state, family))).collect::<Vec<_>>();
        let results =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a start panicked".into())));
        results.filter_map(Result::err).collect()
    });
    let state = state.into_inner().map_err(|_| "a start panicked")?;
    if errors.is_empty() { Ok(state) } else { Err(errors.join("\n").into()) }
}

/// Starts an existing server, and waits until it answers.
pub(super) fn start_again(service: Service, server: &mut Server) -> Result<()> {
    let start = Instant::now();
    process::start(server).map_err(|error| format!("{service}: {error}"))?;
    let folder = server.pid_file.parent().unwrap_or(&server.pid_file).to_path_buf();
    let mut ready = false;
    process::wait(PATIENCE, || {
        let alive = process::alive(server, &folder).is_some();
        // Check both, because another program could answer on its port.
        ready = alive && is_ready(service.family(), server.port);
        ready || !alive
    });
    server.seconds = start.elapsed().as_secs_f64();
    if ready {
        return Ok(());
    }
    let what = if process::alive(server, &folder).is_some() { "does not answer" } else { "ended before it answered" };
    Err(with_log(service, server, what).into())
}

/// Returns, for each server that was started and has ended, its name and the end of its log.
pub(super) fn ended(site: &Site, state: &State, services: &[Service]) -> Vec<String> {
    let servers = services.iter().filter_map(|service| Some((*service, state.servers.get(service)?)));
    let ended = servers.filter(|(service, server)| process::alive(server, &site.folder(*service)).is_none());
    ended.map(|(service, server)| with_log(service, server, "had ended")).collect()
}

fn with_log(service: Service, server: &Server, what: &str) -> String {
    let log = fs::read(&server.log).unwrap_or_default();
    format!("{service} {what}; the end of its log:\n{}", tail(&String::from_utf8_lossy(&log)))
}

/// Returns the servers that are not left out and have no URL in the environment, in order.
pub(super) fn wanted(services: &[Service], options: &Options) -> Result<Vec<Service>> {
    chosen(services, &options.without, |name| std::env::var_os(name))
}

/// Returns the servers to start, in order. A replica is left out with its primary.
fn chosen(services: &[Service], without: &[Service], given: impl Fn(&str) -> Option<OsString>) -> Result<Vec<Service>> {
    let is_given = |service: Service| given(service.variable()).is_some();
    let unwanted = |service: Service| without.contains(&service) || is_given(service);
    let mut wanted = Vec::new();
    for service in services.iter().copied().filter(|service| !unwanted(*service)) {
        match service.primary() {
            Some(primary) if without.contains(&primary) => {}
            Some(primary) if is_given(primary) => {
                let (variable, primary) = (service.variable(), primary.variable());
                return Err(format!(
                    "{primary} is set, so no replica of its server can be started; set {variable} too, or use `--without {service}`"
                )
                .into());
            }
            _ => wanted.push(service),
        }
    }
    Ok(wanted)
}

/// Returns the missing Debian packages of these servers.
fn packages(site: &Site, services: &[Service]) -> Vec<&'static str> {
    let mut packages = BTreeSet::new();
    for service in services {
        let (program, package) = match service.family() {
            Family::Postgres if site.postgres.is_some() || postgres::is_installed(None) => continue,
            Family::Mysql => continue,
            Family::Postgres => ("initdb", "postgresql"),
            Family::Mariadb => ("mariadbd", "mariadb-server"),
            Family::Nats => ("nats-server", "nats-server"),
            Family::Rabbitmq => ("rabbitmq-server", "rabbitmq-server"),
            Family::Redis => ("redis-server", "redis-server"),
        };
        packages.extend(find(program).is_none().then_some(package));
    }
    let needs_galera = services.contains(&Service::Galera) && !galera::provider().exists();
    packages.extend(needs_galera.then_some("galera-4"));
    packages.extend(find("openssl").is_none().then_some("openssl"));
    packages.into_iter().collect()
}

fn start_family(site: &Site, state: &Mutex<State>, services: &[Service]) -> Result<(), String> {
    let mut created = BTreeSet::new();
    for service in services.iter().copied() {
        let stale = service.primary().is_some_and(|primary| created.contains(&primary));
        if !stale && is_up(site, &lock(state), service) {
            continue;
        }
        // Its data may be deleted.
        let known = lock(state)
            .servers
            .get(&service)
            .filter(|server| !stale && has_requested_version(site, service, server) && server.data.exists())
            .cloned();
        let new = known.is_none();
        let started = known.map_or_else(|| create(site, state, service), Ok).and_then(|mut server| {
            process::kill(&site.folder(service));
            start_again(service, &mut server)?;
            Ok(server)
        });
        let server = started.map_err(|error| named(service, &error.to_string()))?;
        created.extend(new.then_some(service));
        let mut state = lock(state);
        state.servers.insert(service, server);
        state.save(&site.root).map_err(|error| named(service, &error.to_string()))?;
    }
    Ok(())
}

fn create(site: &Site, state: &Mutex<State>, service: Service) -> Result<Server> {
    process::kill(&site.folder(service));
    let _ = fs::remove_dir_all(site.folder(service));
    let primary = service.primary().and_then(|primary| lock(state).servers.get(&primary).cloned());
    let port = free_port();
    let launch = match service.family() {
        Family::Postgres => postgres::create(site, service, port, primary.as_ref()),
        Family::Mariadb if service == Service::Galera => galera::create(site, service, port),
        Family::Mariadb => mariadb::create(site, service, port, primary.as_ref()),
        Family::Mysql => mysql::create(site, service, port),
        Family::Nats => brokers::nats(site, port),
        Family::Rabbitmq => brokers::rabbitmq(site, port),
        Family::Redis => brokers::redis(site, port),
    }?;
    site.install(service, port, launch)
}

/// Whether the server is running, answers, and has the requested version.
fn is_up(site: &Site, state: &State, service: Service) -> bool {
    state.servers.get(&service).is_some_and(|server| {
        let lives = process::alive(server, &site.folder(service)).is_some();
        lives && has_requested_version(site, service, server) && is_ready(service.family(), server.port)
    })
}

fn has_requested_version(site: &Site, service: Service, server: &Server) -> bool {
    let major = server.version.split('.').next().and_then(|major| major.parse().ok());
    service.family() != Family::Postgres || site.postgres.is_none() || site.postgres == major
}

fn named(service: Service, error: &str) -> String {
    if error.starts_with(service.name()) { error.to_owned() } else { format!("{service}: {error}") }
}

/// Locks the state. A thread that panicked leaves it valid, because every change is one step.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::process::tests::sleeper;
    use super::*;

    const SET: [Service; 4] = [Service::Postgres, Service::PostgresReplica, Service::Mysql, Service::Redis];

    fn names(without: &[Service], given: &[&str]) -> Result<Vec<&'static str>, String> {
        let given = |name: &str| given.contains(&name).then(|| OsString::from("somewhere"));
        let wanted = chosen(&SET, without, given).map_err(|error| error.to_string())?;
        Ok(wanted.into_iter().map(Service::name).collect())
    }

    #[test]
    fn a_server_that_is_left_out_or_has_a_url_is_not_started() {
        assert_eq!(names(&[], &[]).unwrap(), ["postgres", "postgres-replica", "mysql", "redis"]);
        assert_eq!(names(&[Service::Mysql], &["REDIS_URL"]).unwrap(), ["postgres", "postgres-replica"]);
    }

    #[test]
    fn a_replica_is_left_out_with_its_primary() {
        assert_eq!(names(&[Service::Postgres], &[]).unwrap(), ["mysql", "redis"]);
        let both = ["DATABASE_URL_POSTGRES", "DATABASE_URL_POSTGRES_REPLICA"];
        assert_eq!(names(&[], &both).unwrap(), ["mysql", "redis"]);
        let error = names(&[], &both[..1]).unwrap_err();
        assert!(error.contains(both[1]), "{error}");
        assert_eq!(names(&[Service::PostgresReplica], &both[..1]).unwrap(), ["mysql", "redis"]);
    }

    #[test]
    fn a_server_that_has_ended_is_reported_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site { root: folder.path().to_path_buf(), postgres: None };
        let mut server = sleeper(folder.path(), "120");
        process::start(&mut server).unwrap();
        let state = State { servers: [(Service::Nats, server.clone())].into() };
        assert_eq!(ended(&site, &state, &Service::ALL), [""; 0]);
        process::kill(&site.folder(Service::Nats));
        fs::write(&server.log, "out of memory\n").unwrap();
        let report = "nats had ended; the end of its log:\n    out of memory\n";
        assert_eq!(ended(&site, &state, &Service::ALL), [report]);
        assert_eq!(ended(&site, &state, &[Service::Redis]), [""; 0]);
    }
}
