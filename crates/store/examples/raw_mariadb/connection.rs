//! One connection, one lane: commits batches, and posts each if asked to.

use domain::{
    event::TopicSeqs,
    id::{Lane, Seq},
    time::Timestamp,
};
use engine::ports::LaneState;
use mysql_async::{Conn, OptsBuilder, prelude::Queryable};

use crate::{
    Error,
    measure::{Times, now},
    options::Options,
    rows::{Made, Maker},
    write::{self, ACCOUNTS},
};

/// A connection and the lane it writes.
pub(crate) struct Connection {
    conn: Conn,
    lane: LaneState,
    maker: Maker,
    at: Timestamp,
    posting: bool,
}

impl Connection {
    /// The lane goes on where it stands.
    pub(crate) async fn open(options: &Options, lane: Lane) -> Result<Self, Error> {
        let opts = OptsBuilder::default()
            .ip_or_hostname(options.host.as_str())
            .tcp_port(options.port)
            .user(Some(options.user.as_str()))
            .db_name(Some(options.database.as_str()))
            .prefer_socket(false)
            .tcp_nodelay(true);
        let mut conn = Conn::new(opts).await?;
        conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        let row: Option<(u64, u64, u64)> = conn
            .exec_first("SELECT last_seq, payment_counter, batch FROM lane WHERE lane = ?", (lane.0,))
            .await?;
        let (last_seq, payment_counter, batch) = row.ok_or("there is no such lane")?;
        let at = Timestamp::from_unix_ms(1_795_305_600_000);
        let lane = LaneState {
            lane,
            last_seq: Seq(last_seq),
            topics: TopicSeqs::default(),
            payment_counter,
            batch,
            chain_head: [0; 32],
            updated_at: at,
        };
        // Neither another lane nor a later run makes the same keys.
        let seed = payment_counter | u64::from(lane.lane.0) << 48;
        let maker = Maker::new(options, seed, (lane.lane, options.connections))?;
        Ok(Self { conn, lane, maker, at, posting: options.posting })
    }

    /// Payments the lane holds.
    pub(crate) fn stored(&self) -> u64 {
        self.lane.payment_counter
    }

    /// Commits one batch, and posts it.
    pub(crate) async fn commit_and_post(&mut self, batch: usize, times: &mut Times) -> Result<(), Error> {
        self.at = Timestamp::from_unix_ms(self.at.unix_ms() + 1);
        self.lane.batch += 1;
        let mut made = Vec::with_capacity(batch);
        for _ in 0..batch {
            made.push(self.maker.make(self.maker.want()?, &mut self.lane, self.at)?);
        }
        let begun = now();
        self.commit(&made).await?;
        times.commits.push(begun.elapsed());
        if self.posting {
            let begun = now();
            self.post(&made).await?;
            times.postings.push(begun.elapsed());
        }
        times.payments += made.len() as u64;
        Ok(())
    }

    async fn commit(&mut self, made: &[Made]) -> Result<(), Error> {
        let (conn, lane) = (&mut self.conn, &self.lane);
        let number = lane.lane.0;
        conn.query_drop(format!("BEGIN; SELECT lane FROM lane WHERE lane = {number} FOR UPDATE")).await?;
        let rows = made.iter().map(|made| write::payment(&made.payment.payment, lane.lane));
        conn.exec_batch(write::PAYMENT, rows.collect::<Vec<_>>()).await?;
        conn.exec_batch(write::EVENT, made.iter().map(|made| write::event(&made.event)).collect::<Vec<_>>())
            .await?;
        let keys = (0_i64..).zip(made).filter_map(|(at, made)| write::answer(&made.answer, lane, at));
        conn.exec_batch(write::ANSWER, keys.collect::<Vec<_>>()).await?;
        let closing = format!(
            "UPDATE lane SET last_seq = {}, payment_counter = {}, batch = {} WHERE lane = {number}; \
             INSERT INTO lane_writer VALUES ({number}, x'{:032x}', {}, {}) ON DUPLICATE KEY UPDATE batch = VALUES(batch); \
             COMMIT",
            lane.last_seq.0,
            lane.payment_counter,
            lane.batch,
            1,
            lane.batch,
            self.at.unix_ms(),
        );
        Ok(conn.query_drop(closing).await?)
    }

    async fn post(&mut self, made: &[Made]) -> Result<(), Error> {
        let conn = &mut self.conn;
        let number = self.lane.lane.0;
        conn.query_drop("BEGIN").await?;
        let balances = ACCOUNTS.map(|account| write::balance(account, self.lane.lane, made.len()));
        conn.exec_batch(write::BALANCE, balances.to_vec()).await?;
        conn.exec_batch(write::ENTRY, made.iter().map(write::entry).collect::<Vec<_>>()).await?;
        conn.exec_batch(write::POSTING, made.iter().flat_map(write::postings).collect::<Vec<_>>()).await?;
        let closing = format!(
            "UPDATE lane_posted SET entries = entries + {} WHERE lane = {number}; COMMIT",
            made.len()
        );
        Ok(conn.query_drop(closing).await?)
    }
}
