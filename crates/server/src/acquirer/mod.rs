//! Who moves the money: a simulator in this process, or the same simulator over a real connection. Both decide by the same
//! test tokens. Neither ever sees a card.

mod remote;
mod simulator;
pub mod test_token;

pub use remote::SimulatorClient;
pub use simulator::Simulator;
