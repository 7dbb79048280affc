//! Hostile texts for whatever parses text from users or servers: no panic, and no long wait. An error is an answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use activerecord::ConnectionManager;
use activerecord_core::sql::render;
use activerecord_core::sql::scan::scan;
use activerecord_core::statement::{RawSql, Statement};
use activerecord_core::{
    Branch, ColumnDef, Config, Cursor, Dialect, MYSQL, POSTGRESQL, SQLITE, Value, ValueRef, ValueType,
};
use fastrand::Rng;
use tempfile::NamedTempFile;

/// What parses a text.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("the SQL scanner", scanned),
    ("raw SQL", raw),
    ("a URL", url),
    ("a configuration file", configured),
    ("a cursor", cursor),
    ("a branch", branch),
    ("values of a wire format and of JSON", values),
];

const DIALECTS: [&Dialect; 3] = [&SQLITE, &POSTGRESQL, &MYSQL];

/// Valid texts, which are changed.
const SEEDS: [&str; 16] = [
    "SELECT 'it''s', \"a\", `b`, ?, ?? /* x /* y */ */ -- z\n, $tag$ ; $tag$ FROM t WHERE a = E'\\'' # c",
    "/*!40000 SET @a := 1 */; PRAGMA x = 1; SELECT set_config('a', 'b', true)",
    "postgres://user:p%40ss@[::1]:5432/shop?sslmode=require&statement_timeout=5s#x",
    "mysql://root@127.0.0.1:3306/shop?ssl-mode=disabled",
    "sqlite://a b.db?mode=rwc&uuid=blob",
    "[primary]\nurl = \"sqlite::memory:\"\n[primary.pool]\nmax_connections = 3\nidle_timeout = \"10m\"\n",
    "[analytics]\nhost = \"${HOST}\"\nport = 5432\nreplicas = [\"postgres://a\"]\non_connect = [\"SET x = 1\"]",
    "eyJ2IjoxLCJrIjpbMSwiYSJdfQ",
    "transfer-0190:b0",
    "2024-02-29T23:59:59.999999Z",
    "-838:59:59.000001",
    "{\"a\":[1,1.5e308,null,true,\"\\ud83d\\ude00\"],\"b\":{}}",
    "00000000-0000-0000-0000-000000000001",
    "79228162514264337593543950335.0000000000000000000000000001",
    "{1,2,NULL,\"a,b\"}",
    "\u{feff}\u{202e}日本\0",
];

/// An input takes microseconds. More than this is a wait that grows too fast, also on a busy machine.
const LONGEST: Duration = Duration::from_secs(10);

/// The most memory that an input of at most 64 KiB can need, in KiB.
const MOST_MEMORY: u64 = 64 << 10;

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// The texts.
    pub texts: u64,
    /// The most memory that the process has had, in KiB. None: the system does not report it.
    pub peak: Option<u64>,
}

/// Gives texts to each target for this time.
///
/// # Errors
/// The target, and the text that it cannot bear.
pub fn run(seed: u64, time: Duration) -> Result<Report, String> {
    let (mut rng, start, mut report) = (Rng::with_seed(seed), Instant::now(), Report { texts: 0, peak: peak() });
    while start.elapsed() < time {
        let text = text(&mut rng);
        for (name, target) in TARGETS {
            let began = Instant::now();
            let survived = catch_unwind(AssertUnwindSafe(|| target(&text))).is_ok();
            let peak = peak();
            let memory = peak.zip(report.peak).map_or(0, |(after, before)| after - before);
            report.peak = peak;
            if !survived || began.elapsed() > LONGEST || memory > MOST_MEMORY {
                let text = String::from_utf8_lossy(&text);
                return Err(format!("seed {seed}: {name}, {:?}, {memory} KiB: {text:?}", began.elapsed()));
            }
        }
        report.texts += 1;
    }
    Ok(report)
}

/// Returns the peak of the resident memory of this process, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// A seed with a few changes, or random bytes.
fn text(rng: &mut Rng) -> Vec<u8> {
    if rng.u8(..8) == 0 {
        return (0..rng.usize(..64)).map(|_| rng.u8(..)).collect();
    }
    let mut text = SEEDS[rng.usize(..SEEDS.len())].as_bytes().to_vec();
    for _ in 0..rng.usize(..=6) {
        let at = rng.usize(..=text.len());
        match rng.u8(..6) {
            0 => text.insert(at, rng.u8(..)),
            1 => text.insert(at, b"'\"`\\/*-$;:?@%[]{}().,\0"[rng.usize(..22)]),
            2 if at < text.len() => drop(text.remove(at)),
            3 => text.truncate(at),
            4 => {
                let part = text[at..].to_vec();
                (0..rng.usize(..20)).for_each(|_| text.extend(&part));
            }
            _ => text.extend(SEEDS[rng.usize(..SEEDS.len())].as_bytes()),
        }
        text.truncate(64 * 1024);
    }
    text
}

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scanned(bytes: &[u8]) {
    let text = as_text(bytes);
    for dialect in DIALECTS {
        let length: usize = scan(&text, dialect).map(|token| token.span().len()).sum();
        assert_eq!(length, text.len(), "the tokens leave a gap");
    }
}

fn raw(bytes: &[u8]) {
    for dialect in DIALECTS {
        let sql = RawSql { text: as_text(bytes).into(), binds: vec![Value::I64(1)] };
        let _ = render(Statement::Raw(sql), dialect);
    }
}

fn url(bytes: &[u8]) {
    let _ = Config::url(as_text(bytes));
}

fn configured(bytes: &[u8]) {
    let write = || {
        let file = NamedTempFile::new()?;
        std::fs::write(file.path(), bytes)?;
        Ok::<_, std::io::Error>(file)
    };
    if let Ok(file) = write() {
        let _ = ConnectionManager::configure_from_file(file.path());
    }
}

fn cursor(bytes: &[u8]) {
    let _ = as_text(bytes).parse::<Cursor>();
}

fn branch(bytes: &[u8]) {
    let _ = as_text(bytes).parse::<Branch>();
}

fn values(bytes: &[u8]) {
    const TYPES: [ValueType; 17] = [
        ValueType::Bool,
        ValueType::I16,
        ValueType::I32,
        ValueType::I64,
        ValueType::U64,
        ValueType::F32,
        ValueType::F64,
        ValueType::Text,
        ValueType::Bytes,
        ValueType::Decimal,
        ValueType::Uuid,
        ValueType::Date,
        ValueType::Time,
        ValueType::DateTime,
        ValueType::Timestamp,
        ValueType::Json,
        ValueType::Array(&ValueType::Decimal),
    ];
    let text = as_text(bytes);
    let json = serde_json::from_slice(bytes).unwrap_or(serde_json::Value::String(text.clone()));
    for ty in TYPES {
        for cell in [ValueRef::Text(&text), ValueRef::Bytes(bytes), ValueRef::Json(&text)] {
            let _ = Value::from_cell(cell.clone(), ty);
            let _ = Value::from_stored(cell, ty);
        }
        let _ = ColumnDef::new("a", "t", "a", ty, true, "").value_from_json(&json);
    }
}
