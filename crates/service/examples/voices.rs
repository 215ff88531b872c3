//! How well the lexicon reads labelled sentences: `cargo run -p zunke-service --example voices [FILE]`. A line of the file
//! is part, tab, positive|neutral|negative, tab, sentence; without a file, those of this project.

use std::process::ExitCode;
use zunke_service::voice::check::{OWN, check};

fn main() -> ExitCode {
    let text = match std::env::args().nth(1) {
        None => OWN.to_owned(),
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        },
    };
    match check(&text) {
        Ok(figures) => {
            for part in figures {
                println!(
                    "{}: n={} accuracy={:.3} macro F1={:.3}",
                    part.part, part.sentences, part.accuracy, part.macro_f1
                );
                for class in &part.classes {
                    println!(
                        "  {:<8} n={:<3} precision={:.2} recall={:.2} F1={:.2}",
                        class.sentiment.word(),
                        class.sentences,
                        class.precision,
                        class.recall,
                        class.f1
                    );
                }
                for miss in &part.misses {
                    println!("  {} read as {} ({}): {}", miss.label.word(), miss.read.word(), miss.score, miss.text);
                }
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
