//! Loops that can be stopped and started at any point: they take no input, read the state of the store, act idempotently, and
//! are woken by a signal or a timer.
