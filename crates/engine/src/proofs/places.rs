//! How far everybody has come with a lane, against the lane itself. Whoever stands behind its end would pass by the events that
//! come next; a counter that stands before the payments there are would give out a number twice.

use domain::{event::Topic, id::PaymentId};

use super::{
    lane::View,
    report::{Proof, Tally},
};
use crate::ports::StoreError;

/// Compares the positions of worker and relay, and the counter of payments, with what the lane holds; all of one snapshot.
pub(super) async fn check(view: &mut View, tally: &mut Tally) -> Result<(), StoreError> {
    let state = &view.row.state;
    let lane = state.lane;
    for topic in Topic::ALL {
        let (position, latest) = (view.handled.position(lane, topic), state.topics.get(topic));
        if position > latest {
            let finding =
                format!("worker position of lane {lane}, {topic}: is {position}, and the latest is {latest}");
            tally.wrong(Proof::EventsAccountedFor, finding);
        }
    }
    for relay in view.snapshot.relay_list().await?.into_iter().filter(|relay| relay.lane == lane) {
        if relay.seq > state.last_seq {
            let finding = format!(
                "relay position of lane {lane}: is {}, and the lane ends at {}",
                relay.seq, state.last_seq
            );
            tally.wrong(Proof::EventsAccountedFor, finding);
        }
    }
    let lanes = u16::try_from(view.snapshot.lane_list().await?.len()).unwrap_or(u16::MAX);
    let Some(highest) = view.snapshot.payment_highest(lane).await? else { return Ok(()) };
    // A counter whose number is too large for one gives out no more.
    let given_out = PaymentId::compose(state.payment_counter, lane, lanes);
    if given_out.is_some_and(|given_out| given_out < highest) {
        let finding = format!(
            "payment {highest}: lane {lane} has not given out its number yet; its counter of payments is {}",
            state.payment_counter
        );
        tally.wrong(Proof::PaymentsReplay, finding);
    }
    Ok(())
}
