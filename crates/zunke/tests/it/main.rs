//! The binary as its users meet it: started as a process, spoken to over HTTP and the command line, killed.

mod crash;
mod door;
mod house;
mod openapi;
mod roles;
