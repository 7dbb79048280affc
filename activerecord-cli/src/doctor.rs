//! `activerecord doctor`.

use activerecord::prelude::*;

use crate::Attention;
use crate::output::Output;

pub(crate) async fn run(output: Output) -> Result<Attention> {
    let findings = TwoPhase::doctor().await?;
    let empty = "every connection supports transactions across databases";
    output.list(&findings, empty, &["connection", "required", "found", "fix"], |finding| {
        vec![finding.connection.clone(), finding.what.clone(), finding.found.clone(), finding.mend.clone()]
    })?;
    Ok((!findings.is_empty()).into())
}
