//! The triggers of a captured table.

use activerecord_core::statement::{CreateTrigger, KeyChange, Name, RowEvent, RowImage, TriggerValue};
use activerecord_core::{
    ConnectionHandle, Model as _, ProtocolConnection as _, Result, ToValue as _, Transaction, ValueType,
};
use activerecord_distributed::{Message, MessageState, Outbox};

/// A table whose changes are captured.
pub(super) struct Captured {
    pub(super) table: Name,
    pub(super) columns: Vec<(Name, ValueType)>,
    pub(super) key: Vec<Name>,
}

impl Captured {
    /// Creates all triggers, in one transaction where the database has transactional DDL.
    pub(super) async fn install(&self, connection: &ConnectionHandle, topic: &str) -> Result<()> {
        Outbox::install(connection.name()).await?;
        let install = async || {
            for trigger in Trigger::ALL {
                connection.create_trigger(&self.trigger(trigger, topic)).await?;
            }
            Ok(())
        };
        match connection.capabilities().transactional_ddl {
            true => Transaction::begin(connection.name()).independent().run(install).await,
            false => install().await,
        }
    }

    fn trigger(&self, trigger: Trigger, topic: &str) -> CreateTrigger {
        let Trigger { event, when, kind, image, .. } = trigger;
        let images =
            TriggerValue::Images { before: kind != INSERT, after: kind != DELETE, columns: self.columns.clone() };
        let values = vec![
            (Message::TOPIC.name().into(), TriggerValue::Constant(topic.to_value())),
            (Message::KEY.name().into(), TriggerValue::Key(image)),
            (Message::KIND.name().into(), TriggerValue::Constant(kind.to_value())),
            (Message::PAYLOAD.name().into(), images),
            (Message::STATE.name().into(), TriggerValue::Constant(MessageState::Ready.to_value())),
            (Message::ATTEMPTS.name().into(), TriggerValue::Constant(0_i32.to_value())),
            (Message::AVAILABLE_AT.name().into(), TriggerValue::Now),
            (Message::CREATED_AT.name().into(), TriggerValue::Now),
        ];
        CreateTrigger {
            name: trigger.name(&self.table),
            table: self.table.clone(),
            event,
            when,
            key: self.key.clone(),
            into: Message::TABLE.name.into(),
            values,
        }
    }
}

/// The kinds of changes.
const INSERT: &str = "insert";
const UPDATE: &str = "update";
const DELETE: &str = "delete";

/// One of the triggers of a table. An update that changes the key writes a delete of the old key and an insert of the new one.
#[derive(Clone, Copy)]
pub(super) struct Trigger {
    word: &'static str,
    event: RowEvent,
    when: Option<KeyChange>,
    kind: &'static str,
    /// The image of the row that has the key of the message.
    image: RowImage,
}

impl Trigger {
    pub(super) const ALL: [Self; 5] = [
        Self { word: "insert", event: RowEvent::Insert, when: None, kind: INSERT, image: RowImage::New },
        Self {
            word: "update",
            event: RowEvent::Update,
            when: Some(KeyChange::Same),
            kind: UPDATE,
            image: RowImage::New,
        },
        Self { word: "delete", event: RowEvent::Delete, when: None, kind: DELETE, image: RowImage::Old },
        Self {
            word: "leave",
            event: RowEvent::Update,
            when: Some(KeyChange::Moved),
            kind: DELETE,
            image: RowImage::Old,
        },
        Self {
            word: "enter",
            event: RowEvent::Update,
            when: Some(KeyChange::Moved),
            kind: INSERT,
            image: RowImage::New,
        },
    ];

    pub(super) fn name(self, table: &str) -> Name {
        format!("ar_{}_{}", self.word, table.replace('.', "_")).into()
    }
}
