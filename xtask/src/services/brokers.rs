//! NATS, RabbitMQ and Redis.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Call, find, first_version, version};
use super::probe::free_port;
use super::service::Service;
use super::site::{Launch, Site};
use super::{PASSWORD, USER};
use crate::Result;

/// Prepares a NATS server with JetStream.
pub(super) fn nats(site: &Site, port: u16) -> Result<Launch> {
    let server = program("nats-server")?;
    site.make_data(Service::Nats, None)?;
    let args = ["--addr=127.0.0.1", "--jetstream", &format!("--port={port}"), &format!("--user={USER}")];
    let mut command = with_args(&server, args);
    command.extend([format!("--pass={PASSWORD}"), format!("--store_dir={}", site.data(Service::Nats).display())]);
    let url = format!("nats://{USER}:{PASSWORD}@127.0.0.1:{port}");
    Ok(Launch { version: version(&server)?, url, command, env: Vec::new() })
}

/// The largest event of RabbitMQ and Redis, in bytes: their defaults are so large that a test cannot reach them.
const LARGEST: usize = 16 << 20;

/// Prepares a Redis server. Every write is in the append-only file, so it survives a kill.
pub(super) fn redis(site: &Site, port: u16) -> Result<Launch> {
    let server = program("redis-server")?;
    site.make_data(Service::Redis, None)?;
    let port_text = port.to_string();
    let largest = LARGEST.to_string();
    let args = ["--bind", "127.0.0.1", "--port", &port_text, "--requirepass", PASSWORD, "--appendonly", "yes"];
    let limit = ["--proto-max-bulk-len", &largest].map(str::to_owned);
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{port}");
    Ok(Launch {
        version: version(&server)?,
        url,
        command: [with_args(&server, args), limit.to_vec()].concat(),
        env: Vec::new(),
    })
}

/// Prepares a RabbitMQ server with its own `epmd` (Erlang's registry of nodes). The `epmd` of the machine does not list
/// this node, and the private one ends with the server.
pub(super) fn rabbitmq(site: &Site, port: u16) -> Result<Launch> {
    let (server, epmd) = (program("rabbitmq-server")?, program("epmd")?);
    site.make_data(Service::Rabbitmq, None)?;
    let data = site.data(Service::Rabbitmq);
    let config = site.folder(Service::Rabbitmq).join("rabbitmq.conf");
    let (epmd_port, dist_port) = (free_port(), free_port());
    fs::write(&config, rabbitmq_config(port))?;
    let here = data.display();
    let env = vec![
        ("HOME", here.to_string()),
        ("ERL_EPMD_PORT", epmd_port.to_string()),
        ("RABBITMQ_NODENAME", format!("{USER}-{port}@localhost")),
        ("RABBITMQ_DIST_PORT", dist_port.to_string()),
        ("RABBITMQ_MNESIA_BASE", here.to_string()),
        ("RABBITMQ_LOG_BASE", here.to_string()),
        ("RABBITMQ_CONFIG_FILE", config.display().to_string()),
        ("RABBITMQ_CONF_ENV_FILE", "/dev/null".to_owned()),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", format!("{here}/plugins")),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}".to_owned()),
    ];
    let start = r#""$1" -address 127.0.0.1 -port "$ERL_EPMD_PORT" & exec "$2""#;
    let programs = [epmd, server].map(|program| program.display().to_string());
    let command = ["sh", "-c", start, "sh"].map(str::to_owned).into_iter().chain(programs).collect();
    let url = format!("amqp://{USER}:{PASSWORD}@127.0.0.1:{port}/%2f");
    Ok(Launch { version: rabbitmq_version()?, url, command, env })
}

/// Returns the configuration. The server logs to its standard output.
fn rabbitmq_config(port: u16) -> String {
    format!(
        "listeners.tcp.default = 127.0.0.1:{port}\n\
         default_user = {USER}\n\
         default_pass = {PASSWORD}\n\
         max_message_size = {LARGEST}\n\
         log.console = true\n\
         log.file = false\n"
    )
}

/// Returns the version of the package. The program itself would start an Erlang machine for it, which takes seconds.
fn rabbitmq_version() -> Result<String> {
    let printed = Call::new("dpkg-query").args(["--show", "--showformat=${Version}", "rabbitmq-server"]).run()?;
    first_version(&printed).ok_or_else(|| format!("expected a version of RabbitMQ, found `{printed}`").into())
}

fn program(name: &str) -> Result<PathBuf> {
    find(name).ok_or_else(|| format!("the program {name} was not found").into())
}

fn with_args<const N: usize>(program: &Path, args: [&str; N]) -> Vec<String> {
    [program.display().to_string()].into_iter().chain(args.map(str::to_owned)).collect()
}
