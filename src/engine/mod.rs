//! What every lab needs.
