//! The domain from outside: what every command does, and what holds whatever the order of commands.

mod lives;
mod story;
mod transitions;
