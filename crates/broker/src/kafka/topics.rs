//! The topics: made when they are missing, checked when they are there.

use std::{fmt, sync::Arc};

use domain::event::Topic;
use engine::ports::{BrokerError, DEAD_LETTER_TOPIC};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    error::RDKafkaErrorCode,
};

use super::{QUESTION_LIMIT, blocking, failed, producer::Publisher, settings::KafkaSettings};

/// As a number of copies: what the cluster is set to.
const CLUSTER_CHOOSES: i32 = -1;

/// Something about a topic that is not as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TopicFault {
    /// It does not exist.
    Missing {
        /// Its name.
        topic: String,
    },
    /// It has fewer partitions than the platform uses.
    Partitions {
        /// Its name.
        topic: String,
        /// What it has.
        found: usize,
        /// What the platform uses.
        needed: i32,
    },
    /// Its partitions have fewer copies than was set.
    Copies {
        /// Its name.
        topic: String,
        /// The least any of its partitions has.
        found: usize,
        /// What was set.
        needed: i32,
    },
}

impl fmt::Display for TopicFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { topic } => write!(f, "topic `{topic}` is missing"),
            Self::Partitions { topic, found, needed } => {
                write!(f, "topic `{topic}` has {found} partitions, {needed} are needed")
            }
            Self::Copies { topic, found, needed } => {
                write!(f, "a partition of topic `{topic}` has {found} copies, {needed} were asked for")
            }
        }
    }
}

/// What is wrong with the topics.
pub(super) fn faults(
    settings: &KafkaSettings,
    publisher: &Publisher,
    partitions: Option<i32>,
) -> Result<Vec<TopicFault>, BrokerError> {
    let metadata = publisher.metadata(QUESTION_LIMIT)?;
    let mut faults = Vec::new();
    for topic in names(settings) {
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let Some(found) = found.filter(|found| !found.partitions().is_empty()) else {
            faults.push(TopicFault::Missing { topic });
            continue;
        };
        let count = found.partitions().len();
        if let Some(needed) = partitions
            && usize::try_from(needed).is_ok_and(|needed| count < needed)
        {
            faults.push(TopicFault::Partitions { topic: topic.clone(), found: count, needed });
        }
        let copies = found.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or(0);
        if let Some(needed) = settings.replication
            && usize::try_from(needed).is_ok_and(|needed| copies < needed)
        {
            faults.push(TopicFault::Copies { topic, found: copies, needed });
        }
    }
    Ok(faults)
}

/// Makes what is missing; refuses topics of events with too few partitions. The dead letter topic stops nothing: what waits for
/// it is in the books.
pub(super) async fn prepare(
    settings: &Arc<KafkaSettings>,
    publisher: Arc<Publisher>,
    partitions: i32,
) -> Result<(), BrokerError> {
    let asked = Arc::clone(settings);
    let faults = blocking(move || faults(&asked, &publisher, Some(partitions))).await?;
    let mut missing = Vec::new();
    let dead_letters = settings.topic(DEAD_LETTER_TOPIC);
    for fault in faults {
        match fault {
            TopicFault::Missing { topic } => missing.push(topic),
            // Dead letters go wherever their key leads.
            TopicFault::Partitions { topic, .. } if topic == dead_letters => {}
            TopicFault::Partitions { .. } => {
                return Err(BrokerError { context: "prepare topics", source: fault.to_string().into() });
            }
            // It works; `swelite doctor` says it.
            TopicFault::Copies { .. } => tracing::warn!("{fault}"),
        }
    }
    if missing.is_empty() { Ok(()) } else { create(settings, &missing, partitions).await }
}

async fn create(settings: &KafkaSettings, topics: &[String], partitions: i32) -> Result<(), BrokerError> {
    let failed = failed("create topics");
    let admin: AdminClient<DefaultClientContext> = settings.client().create().map_err(&failed)?;
    let new = topics.iter().map(|topic| {
        let new = NewTopic::new(
            topic,
            partitions,
            TopicReplication::Fixed(settings.replication.unwrap_or(CLUSTER_CHOOSES)),
        );
        // An acknowledged record is on two machines, wherever there are enough of them to go on without one.
        if settings.replication >= Some(3) { new.set("min.insync.replicas", "2") } else { new }
    });
    let new: Vec<NewTopic<'_>> = new.collect();
    let options =
        AdminOptions::new().operation_timeout(Some(QUESTION_LIMIT)).request_timeout(Some(QUESTION_LIMIT));
    for result in admin.create_topics(&new, &options).await.map_err(&failed)? {
        match result {
            Ok(topic) => tracing::info!(topic, partitions, "created topic"),
            // Another replica was quicker.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) if topic == settings.topic(DEAD_LETTER_TOPIC) => {
                tracing::warn!(topic, %code, "the dead letter topic cannot be made; dead letters wait");
            }
            Err((topic, code)) => {
                let source = format!("topic `{topic}`: {code}").into();
                return Err(BrokerError { context: "create topics", source });
            }
        }
    }
    Ok(())
}

fn names(settings: &KafkaSettings) -> Vec<String> {
    let topics = Topic::ALL.iter().map(|topic| topic.as_str()).chain([DEAD_LETTER_TOPIC]);
    topics.map(|topic| settings.topic(topic)).collect()
}
