//! The parts of the comparison of codecs.

pub(crate) mod corpus;
pub(crate) mod kinds;
pub(crate) mod layout;
pub(crate) mod model;
pub(crate) mod random;
pub(crate) mod rows;
