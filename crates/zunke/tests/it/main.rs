//! The binary as its users meet it: started as a process, spoken to over HTTP and the command line, killed.

mod alarms;
mod audit;
mod crash;
mod days;
mod door;
mod erasing;
mod extract;
mod hardening;
mod house;
mod levels;
mod matrix;
mod merging;
mod openapi;
mod proofs;
mod roles;
mod upgrade;
mod webhooks;
