//! Everything that is drawn: theme, canvas, bars, exporters.
