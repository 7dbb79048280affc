//! Events between databases and services: the relay that publishes them, queues that carry them, and consumers.

pub use activerecord_distributed::{
    Consumer, Delivery, Event, MemoryQueue, PublishError, Publisher, Queue, QueueCapabilities, RawEvent, Relay,
    SqlQueue, Subscriber,
};
#[cfg(feature = "nats")]
pub use activerecord_nats::NatsQueue;
#[cfg(feature = "rabbitmq")]
pub use activerecord_rabbitmq::RabbitQueue;
#[cfg(feature = "redis")]
pub use activerecord_redis::RedisQueue;
