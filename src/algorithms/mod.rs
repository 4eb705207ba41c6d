//! Algorithms: the real thing, without screen, clock or I/O.
