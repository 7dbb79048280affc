//! `activerecord doctor`.

use activerecord::prelude::*;

use crate::Attention;
use crate::output::Output;

pub(crate) async fn run(output: Output) -> Result<Attention> {
    let findings = TwoPhase::doctor().await?;
    let nothing = "every connection can take part in a transaction across databases";
    output.list(&findings, nothing, &["connection", "must be so", "found", "how to mend it"], |finding| {
        vec![finding.connection.clone(), finding.what.clone(), finding.found.clone(), finding.mend.clone()]
    })?;
    Ok((!findings.is_empty()).into())
}
