//! `swelite simulator`.

use std::path::PathBuf;

use clap::Args;
use engine::ports::Entropy;

use super::{Context, Exit, failure::Failure};
use crate::{
    config::{Environment, Flags, ListenAddress, load},
    simulator::{Faults, JournalError, SimulatorServer, StartError},
    system::System,
    telemetry::logs,
};

/// The port when the address names none.
const PORT_DEFAULT: u16 = 8090;

/// An acquirer as a process of its own, that can be slow, fail, and lose answers.
///
/// POST /attempts decides by the test tokens; GET /attempts lists what was decided; PUT /settings changes what goes wrong.
#[derive(Debug, Args)]
pub(super) struct Simulator {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090", value_parser = listen_address)]
    listen: ListenAddress,
    /// The directory of its file
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// How long after deciding an answer leaves, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 0)]
    delay_ms: u64,
    /// How many of all requests fail before anything is decided, 0 to 1
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    error_rate: f64,
    /// How many of all decided requests get no answer, 0 to 1
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    lose_answers: f64,
}

fn listen_address(text: &str) -> Result<ListenAddress, String> {
    ListenAddress::read(text).map_err(|why| why.english)
}

impl Simulator {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let faults =
            Faults { delay_ms: self.delay_ms, error_rate: self.error_rate, lose_answers: self.lose_answers };
        faults.check().map_err(|error| Failure::of_error(Exit::Usage, &error))?;
        // Only how to log is taken from the configuration; the rest of it is not this process's.
        if let Ok(loaded) = load(&Environment, &Flags::new(), None) {
            logs::init(&loaded.settings.log, context.output.color);
        }
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| Failure::of_error(Exit::Unexpected, &error))?;
        runtime.block_on(self.serve(context, faults))
    }

    async fn serve(self, context: &Context, faults: Faults) -> Result<(), Failure> {
        let address = (self.listen.ip, self.listen.port.unwrap_or(PORT_DEFAULT)).into();
        let seed = System::start().attempt_id().0 as u64;
        let started = SimulatorServer::start(address, &self.data_dir, faults, seed).await;
        let simulator = started.map_err(|error| Failure::of_error(exit_of(&error), &error))?;
        let address = simulator.address().map_err(|error| Failure::of_error(Exit::Unexpected, &error))?;
        let (known, output) = (simulator.attempt_count(), &context.output);
        output.say(&match output.lang {
            super::Lang::Ko => {
                format!("매입사 시뮬레이터가 http://{address} 에서 듣고 있어요 (기록 {known}건)")
            }
            super::Lang::En => {
                format!("acquirer simulator listening on http://{address} ({known} attempts on record)")
            }
        });
        let signals = super::stop_signal();
        tokio::select! {
            never = simulator.run() => match never {},
            // What was answered is on disk: there is nothing to wait for.
            asked = signals => asked.map_err(|error| Failure::of_error(Exit::Unexpected, &error)),
        }
    }
}

fn exit_of(error: &StartError) -> Exit {
    match error {
        StartError::Journal(JournalError::Corrupt { .. }) => Exit::Fault,
        StartError::Journal(_) | StartError::Listen { .. } => Exit::Unexpected,
    }
}
