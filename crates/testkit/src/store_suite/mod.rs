//! What every [`Store`] must do, whatever is behind it. An adapter runs it with one line:
//! `testkit::store_suite!(make)`, where `async fn make() -> StoreUnderTest` gives an empty store.
//!
//! What is not here is not promised. The suite writes through a [`Scribe`], which does what committer and worker do, without
//! their queues; bodies of answers and digests of requests are whatever is handy, because a store never looks into them. The books it writes pass
//! every proof.

mod batches;
mod claims;
mod keys;
mod operators;
mod parked;
mod postings;
mod reading;
mod retention;
mod scribe;
mod statements;
mod tampering;

use std::{any::Any, pin::Pin, sync::Arc};

pub use batches::*;
pub use claims::*;
use engine::ports::Store;
pub use keys::*;
pub use operators::*;
pub use parked::*;
pub use postings::*;
pub use reading::*;
pub use retention::*;
pub use scribe::{OpenBatch, Scribe};
pub use statements::*;
pub use tampering::*;

use crate::FixedClock;

/// Runs SQL on the database behind a store, with nothing in its way.
pub type Tamper = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// An empty store, the clock it goes by, and whatever must live as long as it.
pub struct StoreUnderTest {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its clock; a store with a clock of its own is told nothing by it.
    pub clock: Arc<FixedClock>,
    /// Changes its rows behind its back.
    pub tamper: Tamper,
    /// For example the directory it is in.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Runs every test of the suite on the store that `$make().await` gives.
#[macro_export]
macro_rules! store_suite {
    ($make:path) => {
        $crate::store_suite! { @run $make;
            a_new_store_has_its_lanes_and_nothing_else
            a_payment_comes_back_as_it_was_written
            every_state_of_a_payment_comes_back
            every_outstanding_operation_comes_back
            an_event_comes_back_byte_for_byte
            a_dropped_batch_leaves_nothing
            a_batch_that_fails_half_way_leaves_nothing
            a_batch_may_move_nothing_but_its_lane
            a_lane_that_does_not_exist_is_refused
            the_time_of_a_batch_never_goes_back
            a_batch_is_told_what_the_clock_says_however_far_its_lane_is_ahead
            a_payment_is_not_born_twice
            a_payment_that_does_not_exist_is_not_updated
            a_place_is_not_taken_twice
            batches_on_one_lane_take_turns
            an_order_is_held_by_its_latest_payment_unless_that_is_over
            orders_whose_hashes_meet_are_told_apart
            order_ids_compare_as_bytes
            keys_compare_as_bytes
            a_key_counts_per_merchant_and_operation
            an_answer_comes_back_byte_for_byte
            a_key_is_not_inserted_twice
            a_running_key_gets_one_answer
            a_removed_key_may_try_again
            a_key_can_run_and_finish_in_one_batch
            an_attempt_comes_back_and_is_closed_once
            outstanding_attempts_are_listed_oldest_first
            outstanding_attempts_are_listed_page_by_page
            what_was_posted_comes_back
            balances_add_up
            an_event_is_not_posted_twice
            a_dropped_posting_leaves_nothing
            a_posting_that_fails_leaves_nothing
            positions_and_partitions_move
            a_posting_sees_what_the_outbox_holds
            an_entry_has_room_for_several_postings
            a_record_is_parked_once
            a_dead_letter_comes_back_as_it_was_parked
            dead_letters_are_published_once_and_in_order
            a_dead_letter_moves_only_from_the_state_it_is_in
            a_redrive_closes_its_dead_letter_with_the_posting
            dead_letters_are_filtered_paged_and_counted
            a_page_of_dead_letters_is_no_longer_than_memory_bears
            parked_events_that_may_be_redriven_are_told_by_lane
            the_audit_log_is_read_newest_first
            an_operator_comes_back_as_it_was_written
            a_name_belongs_to_one_operator
            a_secret_comes_back_until_it_ends
            a_secret_that_has_run_out_is_no_longer_loaded
            tries_to_log_in_are_counted_until_they_are_forgotten
            a_dropped_operator_transaction_leaves_nothing
            operator_transactions_take_turns
            an_act_commits_with_its_payment
            the_audit_log_is_filtered
            a_snapshot_does_not_see_what_is_committed_later
            snapshots_are_lent_again
            a_snapshot_goes_on_after_a_read_was_given_up
            payments_are_listed_newest_first_in_pages
            payments_are_filtered
            payments_are_counted_from_the_newest_on
            payments_are_read_by_range
            payments_whose_time_has_run_out_are_listed
            events_are_read_by_place
            journal_entries_are_read_by_place
            an_account_shows_its_entries_newest_first
            an_account_without_owner_shows_those_of_all_owners
            a_statement_tells_of_all_lanes_by_time
            what_is_posted_later_slips_into_no_later_page
            holds_are_not_in_a_statement
            the_outbox_is_pruned_from_its_beginning
            what_the_worker_has_not_handled_is_not_pruned
            what_the_relay_has_not_published_is_not_pruned
            two_prunings_of_one_range_do_not_both_succeed
            answers_are_pruned_by_age
            running_keys_are_never_pruned
            a_lane_is_published_by_one_at_a_time
            a_lease_that_ran_out_is_taken_over
            a_lease_given_up_is_free_at_once
            a_relay_position_moves_from_where_it_was_read
            a_relay_position_is_lowered_and_never_raised
            a_new_log_is_published_to_from_the_beginning
            a_posting_lowers_the_relay_position
            the_partition_count_is_stored_once
            a_claim_fences_the_claim_before_it
            a_claim_resumes_where_the_latest_posting_stood
            offsets_of_another_log_are_forgotten
            the_platform_says_what_it_is
            books_that_are_right_pass_every_proof
            a_payment_row_that_is_not_what_its_events_say_is_named
            a_payment_that_is_filed_wrongly_is_named
            a_counter_before_the_payments_there_are_is_named
            a_position_beyond_the_end_of_its_lane_is_named
            an_answer_that_its_payment_does_not_give_is_named
            a_key_that_waits_for_nothing_is_named
            a_dead_letter_that_is_not_what_was_parked_is_named
        }
    };
    (@run $make:path; $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let under_test = $make().await;
            $crate::store_suite::$test(&under_test).await;
        }
    )*};
}
