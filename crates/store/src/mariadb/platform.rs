//! What a database is: its lanes, fixed when it was created, and the name of its history.

use domain::{event::Topic, time::Timestamp};
use engine::ports::{Platform, StoreError};

use super::{
    rows::{Cells, ReadCells},
    session::Session,
};

/// Makes the lanes, unless they exist.
pub(super) async fn create(session: &mut Session, lanes: u16, now: Timestamp) -> Result<(), StoreError> {
    let context = "create lanes";
    if read(session).await?.is_some() {
        return Ok(());
    }
    let lanes = lanes.max(1);
    let zero = format!("x'{}'", "00".repeat(32));
    let list = |row: &dyn Fn(u16) -> String| (0..lanes).map(row).collect::<Vec<_>>().join(", ");
    let positions = |lane: u16| {
        let topics = Topic::ALL.into_iter().map(|topic| format!("({lane}, {}, 0)", topic.index()));
        topics.collect::<Vec<_>>().join(", ")
    };
    let opening = format!(
        "BEGIN; \
         INSERT INTO lane VALUES {}; INSERT INTO lane_pruned VALUES {}; INSERT INTO lane_posted VALUES {}; \
         INSERT INTO relay_position VALUES {}; INSERT INTO worker_position VALUES {}; \
         INSERT INTO platform VALUES (1, {lanes}, NULL, RANDOM_BYTES(16), {})",
        list(&|lane| format!("({lane}, 0, 0, 0, 0, 0, 0, 0, 0, 0, {zero}, 0)")),
        list(&|lane| format!("({lane}, 0, {zero})")),
        list(&|lane| format!("({lane}, 0)")),
        list(&|lane| format!("({lane}, '', 0, 0, NULL, 0)")),
        list(&positions),
        now.unix_ms(),
    );
    session.begin(&opening).await.map_err(|failure| failure.sort(context))?;
    session.finish("COMMIT").await.map(drop).map_err(|failure| failure.sort(context))
}

/// Raises the counter of every lane to the highest number that stands there: a number given out twice is refused by the payment
/// that has it, and with it everything on its lane. Only somebody who changed or restored rows by hand needs it.
pub(super) async fn raise_counters(session: &mut Session) -> Result<(), StoreError> {
    let raise = "UPDATE lane JOIN platform ON platform.id = 1 \
                 JOIN (SELECT lane, MAX(id) AS highest FROM payment GROUP BY lane) AS given_out USING (lane) \
                 SET payment_counter = highest DIV lanes WHERE payment_counter < highest DIV lanes";
    let raised = session.change("raise payment counters", raise, Vec::new()).await?;
    if raised > 0 {
        tracing::error!(
            lanes = raised,
            "counters of payments stood before payments that exist; they were raised: find out who changed them"
        );
    }
    Ok(())
}

/// What this database is, if it is anything yet.
pub(super) async fn read(session: &mut Session) -> Result<Option<Platform>, StoreError> {
    let sql = "SELECT id, timeline_id, lanes, partitions, created_at FROM platform";
    let rows = session.rows("read platform", sql, Vec::new()).await?;
    let decode = |row| {
        let cells = Cells::of("platform", row);
        let lanes = cells.number(2)?;
        if lanes == 0 {
            return Err(cells.corrupt(2));
        }
        Ok(Platform {
            timeline: cells.array(1)?,
            lanes,
            partitions: cells.number_opt(3)?,
            created_at: cells.time(4)?,
        })
    };
    rows.first().map(decode).transpose()
}
