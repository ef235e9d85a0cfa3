//! One Lightning peer's connection life, sans-IO: session, dialling, back-off, stop.
