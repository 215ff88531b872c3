//! Runs a property on made-up input: a second's worth in the ordinary tests, and for `ZUNKE_FUZZ_SECONDS` where
//! `make fuzz-parsers` asks for it. Every run has fresh seeds; what fails is shrunk and printed with its input.
//! Shared by the rooms' tests through `#[path]`.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// The ordinary length of one target.
const SHORT: Duration = Duration::from_millis(1500);

/// Tries `property` on values of `strategy` until the time is up; says how many.
pub fn fuzz<T: Debug>(name: &str, strategy: &impl Strategy<Value = T>, mut property: impl FnMut(&T)) {
    let asked = std::env::var("ZUNKE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let time = asked.unwrap_or(SHORT);
    let started = Instant::now();
    let mut cases = 0u64;
    while started.elapsed() < time {
        let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
        let property = std::cell::RefCell::new(&mut property);
        let done = TestRunner::new(config).run(strategy, |value| {
            // A panic is what is looked for: it is shrunk like any other failure.
            let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (property.borrow_mut())(&value)));
            held.map_err(|_| TestCaseError::fail("panicked"))
        });
        if let Err(failure) = done {
            panic!("{name}: {failure}");
        }
        cases += 16;
    }
    println!("fuzz {name}: {cases} cases in {:.0} s", started.elapsed().as_secs_f64());
}
