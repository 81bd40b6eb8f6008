//! What a run of a Python program shows: a call ledger from inside ([`calls`]) and samples from
//! outside ([`sampler`]), which meet by site ([`join`]).

pub mod calls;
pub mod join;
pub mod run;
pub mod sampler;
