//! BOLT 8 of the Lightning Network: Noise_XK handshake, transport encryption and key rotation, sans-IO.
