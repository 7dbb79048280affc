//! The triggers of a captured table.

use activerecord_core::statement::{
    CreateTrigger, DropTrigger, KeyChange, Name, RowImage, TableEvent, TriggerColumn, TriggerValue,
};
use activerecord_core::{
    ConnectionHandle, Deferrable, Error, ErrorKind, Model as _, ProtocolConnection as _, Result, TableInfo,
    ToValue as _, Transaction, ValueType,
};
use activerecord_distributed::{Message, MessageState, Outbox};

use crate::hash::hash;

/// A table whose changes are captured.
pub(super) struct Captured {
    pub(super) info: TableInfo,
    pub(super) columns: Vec<TriggerColumn>,
    pub(super) key: Vec<TriggerColumn>,
}

impl Captured {
    /// Creates all triggers, in one transaction where the database has transactional DDL. Other triggers of a capture of this
    /// table are dropped: those of an earlier version, and those from before the table was renamed.
    pub(super) async fn install(&self, connection: &ConnectionHandle, topic: &str) -> Result<()> {
        Outbox::install(connection.name()).await?;
        let outbox = Message::TABLE.name;
        let outbox = connection.describe(outbox).await?.ok_or_else(|| missing(outbox, connection))?;
        let names = connection.trigger_names(&self.info, &outbox)?;
        let install = async || {
            let existing = triggers(connection, &self.info).await?;
            let wanted: Vec<_> = Trigger::ALL.into_iter().filter(|trigger| trigger.is_possible(connection)).collect();
            for trigger in &wanted {
                connection.create_trigger(&self.trigger(*trigger, topic, &names)).await?;
            }
            let is_other = |name: &str| !wanted.iter().any(|trigger| *trigger.name(&self.info) == *name);
            for former in existing.iter().filter(|former| is_other(&former.name)) {
                connection.drop_trigger(former).await?;
            }
            Ok(())
        };
        match connection.capabilities().transactional_ddl {
            true => Transaction::begin(connection.name()).independent().run(install).await,
            false => install().await,
        }
    }

    fn trigger(&self, trigger: Trigger, topic: &str, (table, outbox): &(Name, Name)) -> CreateTrigger {
        let Trigger { event, when, kind, row, .. } = trigger;
        let constant = |text: &str| TriggerValue::Constant(text.to_value());
        let is_of_row = event != TableEvent::Truncate;
        let images = TriggerValue::Images { before: kind != INSERT, after: kind != DELETE };
        let kinds = TriggerValue::Kind { usual: kind.to_value(), without: REREAD.to_value() };
        let mut values = vec![
            (Message::TOPIC.name().into(), constant(topic)),
            (Message::KIND.name().into(), if is_of_row { kinds } else { constant(kind) }),
            (Message::PAYLOAD.name().into(), if is_of_row { images } else { constant(NO_ROW) }),
            (Message::STATE.name().into(), TriggerValue::Constant(MessageState::Ready.to_value())),
            (Message::ATTEMPTS.name().into(), TriggerValue::Constant(0_i32.to_value())),
            (Message::AVAILABLE_AT.name().into(), TriggerValue::Now),
            (Message::CREATED_AT.name().into(), TriggerValue::Now),
        ];
        if is_of_row {
            values.push((Message::KEY.name().into(), TriggerValue::Key));
        }
        CreateTrigger {
            name: trigger.name(&self.info),
            table: table.clone(),
            event,
            when,
            if_free: kind == DELETE && self.is_checked_late(),
            is_primary: self.key.iter().map(|column| &*column.name).eq(self.info.key.iter().map(|name| &**name)),
            key: self.key.clone(),
            columns: self.columns.clone(),
            row,
            into: outbox.clone(),
            values,
        }
    }

    /// Whether two rows can have the same key for a moment, so that a row that loses a key says nothing about the key.
    fn is_checked_late(&self) -> bool {
        let key: Vec<_> = self.key.iter().map(|column| &*column.name).collect();
        let mut keys = self.info.primary_key.iter().chain(&self.info.indexes).filter(|index| index.unique);
        let found = keys.find(|index| index.columns().is_some_and(|columns| columns == key));
        found.is_some_and(|index| index.deferrable != Deferrable::No)
    }
}

/// The triggers of captures on a table.
pub(super) async fn triggers(connection: &ConnectionHandle, info: &TableInfo) -> Result<Vec<DropTrigger>> {
    let mut triggers = connection.triggers(info).await?;
    let name = |trigger: &DropTrigger| trigger.name.trim_start_matches(FIRST).to_owned();
    triggers.retain(|trigger| Trigger::ALL.iter().any(|known| name(trigger).starts_with(&known.prefix())));
    Ok(triggers)
}

/// A column of the triggers: the type of its values is that of the model or of the table.
pub(super) fn column(info: &TableInfo, name: &str, ty: Option<ValueType>) -> Result<TriggerColumn> {
    let exact = info.column(name);
    let Some(column) = exact.or_else(|| info.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
    else {
        return Err(Error::new(
            ErrorKind::InvalidStatement,
            format!("the table `{}` on `{}` has no column `{name}`", info.name, info.connection),
        ));
    };
    Ok(TriggerColumn { name: name.to_owned().into(), ty, declared: column.declared.clone() })
}

pub(super) fn missing(table: &str, connection: &ConnectionHandle) -> Error {
    let message = format!("`{}` has no table `{table}`", connection.name());
    Error::new(ErrorKind::InvalidStatement, message)
}

/// The begin of the names of triggers. PostgreSQL fires triggers in the order of their names. If another trigger changed the row
/// again and came first, the message of the second change would precede that of the first.
const FIRST: char = '!';

/// The kinds of changes.
const INSERT: &str = "insert";
const UPDATE: &str = "update";
const DELETE: &str = "delete";
/// A row changed, and its images could not be written.
pub(crate) const REREAD: &str = "reread";
/// All rows were removed.
pub(crate) const TRUNCATE: &str = "truncate";

/// The payload of a change without a row.
const NO_ROW: &str = r#"{"before":null,"after":null}"#;

/// One of the triggers of a table. An update that changes the key writes a delete of the old key and an insert of the new one.
#[derive(Clone, Copy)]
pub(super) struct Trigger {
    word: &'static str,
    event: TableEvent,
    when: Option<KeyChange>,
    kind: &'static str,
    /// The row that has the key of the message.
    row: RowImage,
}

impl Trigger {
    const UPDATE: Self =
        Self { word: UPDATE, event: TableEvent::Update, when: Some(KeyChange::Same), kind: UPDATE, row: RowImage::New };

    pub(super) const ALL: [Self; 6] = [
        Self { word: INSERT, event: TableEvent::Insert, when: None, kind: INSERT, ..Self::UPDATE },
        Self::UPDATE,
        Self { word: DELETE, event: TableEvent::Delete, when: None, kind: DELETE, row: RowImage::Old },
        Self { word: "leave", when: Some(KeyChange::Moved), kind: DELETE, row: RowImage::Old, ..Self::UPDATE },
        Self { word: "enter", when: Some(KeyChange::Moved), kind: INSERT, ..Self::UPDATE },
        Self { word: TRUNCATE, event: TableEvent::Truncate, when: None, kind: TRUNCATE, ..Self::UPDATE },
    ];

    fn is_possible(self, connection: &ConnectionHandle) -> bool {
        self.event != TableEvent::Truncate || connection.capabilities().truncate_triggers
    }

    fn prefix(self) -> String {
        format!("ar_{}_", self.word)
    }

    /// The name has at most 63 bytes, and is that of no other table of the schema: a hash of the table's name is in it.
    fn name(self, table: &TableInfo) -> Name {
        const LENGTH: usize = 30;
        let local = table.local_name();
        let is_plain = |character: &char| character.is_ascii_alphanumeric() || *character == '_';
        let start: String = local.chars().filter(is_plain).take(LENGTH).collect();
        let hash = hash(&local).to_string();
        format!("{FIRST}{}{start}_{}", self.prefix(), &hash[..16]).into()
    }
}
