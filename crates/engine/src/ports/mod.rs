//! What the engine needs of the world, owned by the engine: few traits, small, object-safe.

mod acquirer;
mod audit;
mod batch;
mod broker;
mod cache;
mod clock;
mod error;
mod lease;
mod operators;
mod posting;
mod render;
mod snapshot;
mod store;
mod tracer;

pub use acquirer::{Acquirer, AcquirerDecision, AcquirerRequest, Inquiry};
pub use audit::{AuditEntry, AuditFilter, OperatorAct, dead_letter_object, payment_object};
pub use batch::{
    Attempt, AttemptWrite, Batch, BatchKeys, Changes, Digest, IdempotencyRow, IdempotencyScope,
    IdempotencyState, IdempotencyWrite, LaneState, Loaded, OutboxEvent, PaymentWrite, StoredAnswer,
};
pub use broker::{
    Broker, BrokerError, Consumer, DEAD_LETTER_TOPIC, Delivery, Outgoing, PartitionEnd, PartitionProgress,
    Polled, Record,
};
pub use cache::{
    Admission, Admitted, Cache, CacheError, CachedAnswer, Charge, Limit, LimitAction, LimitState,
};
pub use clock::{Clock, Entropy};
pub use error::StoreError;
pub use lease::{
    InstanceId, LogId, PartitionClaim, PartitionFence, RelayLease, RelayPosition, StoredPartition,
};
pub use operators::{
    LoginAttempts, Operator, OperatorBatch, OperatorChanges, OperatorKeys, OperatorState, PasswordHash,
    Secret, SecretEnd, SecretKind,
};
pub use posting::{
    BalanceDelta, DeadLetter, DeadLetterMove, DeadLetterReason, DeadLetterState, NewDeadLetter, OutboxMark,
    PostedEntry, PostingBatch, PostingChanges, PostingScope, PostingState,
};
pub use render::{Away, Outcome, PaymentThen, ReadBack, Refusal, Render, Rendered};
pub use snapshot::{
    AccountEntry, AccountFilter, Balance, DeadLetterFilter, LanePosition, Page, PaymentCounts, PaymentCursor,
    PaymentFilter, Platform, Snapshot, StoredKey, StoredLane, StoredPayment,
};
pub use store::{OutboxCut, Store};
pub use tracer::{Begun, Span, TraceContext, TracedEvent, TracedWork, Tracer, Untraced, sampled};
