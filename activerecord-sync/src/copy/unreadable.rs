//! Rows with values that this library cannot read, such as the time `infinity`. Between databases of the same kind they are
//! carried as text.

use std::sync::Arc;

use activerecord_core::{Carried, Result, TableInfo, ValueType};

use super::Copy;
use super::read::Unreadable;
use super::side::{Side, Values};
use super::write::Writer;
use crate::report::SyncReport;

/// The descriptions of both tables, from which other ways to carry a column are made.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) source: TableInfo,
    pub(crate) target: TableInfo,
}

impl Copy {
    /// Copies a row as text, or reports it.
    pub(super) async fn copy_unreadable(
        &self,
        row: Unreadable,
        writer: &Writer<'_>,
        report: &mut SyncReport,
    ) -> Result<()> {
        match self.read_as_text(&row).await? {
            Some((target, values)) => {
                let writer = Writer { target: &target, is_fresh: false, ..*writer };
                writer.write(vec![values], None, report).await
            }
            None => writer.refuse(row.key, &row.error, report),
        }
    }

    /// The row with the cells that cannot be read as text, and the target that takes it so. None: there is no such way, or the
    /// row has gone.
    pub(super) async fn read_as_text(&self, row: &Unreadable) -> Result<Option<(Side, Values)>> {
        let Some(tables) = &self.tables else { return Ok(None) };
        let (mut source, mut target) = (self.source.clone(), self.target.clone());
        for &ordinal in &row.ordinals {
            let Some((read, written)) = tables.as_text(&source.columns[ordinal].name) else { return Ok(None) };
            for (side, carried) in [(&mut source, read), (&mut target, written)] {
                side.columns[ordinal].ty = ValueType::Text;
                side.columns[ordinal].carried = Some(Arc::new(carried));
            }
        }
        let mut select = source.select();
        select.filter = Some(source.key_order().at(&row.place[row.place.len() - source.key.len()..]));
        let found = source.connection.read(select).await?;
        let Some(found) = found.first() else { return Ok(None) };
        Ok(source.typed(found).ok().map(|values| (target, values)))
    }
}

impl Tables {
    fn as_text(&self, column: &str) -> Option<(Carried, Carried)> {
        let (source, target) = (self.source.column(column)?, self.target.column(column)?);
        Carried::as_text((&self.source, source), (&self.target, target))
    }
}
