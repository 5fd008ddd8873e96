//! Rules as data and arithmetic: the calendar of working days, checks of identity fields, and
//! amounts in capitals. Pure: nothing here reads a clock, a zone of the host, a file or the store.

pub mod calendar;
pub mod capital;
pub mod identity;
