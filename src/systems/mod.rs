//! Simulated systems, composed of algorithms on the ground of [`sim`](crate::sim). They know no words, no commands and no
//! screen: labs put those around them.

pub mod placing;
