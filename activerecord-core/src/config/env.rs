//! Connections from environment variables.

use super::Config;
use crate::error::{Error, Result};

const PREFIX: &str = "DATABASE_URL";

/// Reads `DATABASE_URL` as the connection `primary`, and `DATABASE_URL_ANALYTICS` as `analytics`.
pub(crate) fn read() -> Result<Vec<(String, Config)>> {
    let found = std::env::vars_os().filter_map(|(key, value)| Some((name(key.to_str()?)?, key, value)));
    let mut configs = Vec::new();
    for (name, key, value) in found {
        let at_variable = |error: Error| error.context(key.to_string_lossy());
        let url = value.to_str().ok_or_else(|| at_variable(Error::configuration("the value is not UTF-8")))?;
        configs.push((name, Config::url(url).map_err(at_variable)?));
    }
    Ok(configs)
}

/// Returns the name of the connection that this variable configures; None for other variables.
fn name(key: &str) -> Option<String> {
    match key.strip_prefix(PREFIX)? {
        "" => Some("primary".into()),
        suffix => suffix.strip_prefix('_').filter(|name| !name.is_empty()).map(str::to_lowercase),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_of_variables() {
        assert_eq!(name("DATABASE_URL").as_deref(), Some("primary"));
        assert_eq!(name("DATABASE_URL_ANALYTICS").as_deref(), Some("analytics"));
        for other in ["DATABASE_URL_", "DATABASE_URLS", "PATH"] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
