//! The Lightning Network's graph as arenas with small-integer handles, and path finding on it.
