//! Over real connections.
