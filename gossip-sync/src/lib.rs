//! Learns the Lightning Network's public graph from untrusted peers and serves it to others, sans-IO.
