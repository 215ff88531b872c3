//! How well the feeling is read: accuracy and F1 on sentences that people have labelled. `zunke voices check` prints it.

use super::Sentiment;
use super::sentiment::feel;
use serde::Serialize;
use zunke_kernel::{Error, Result};

/// The sentences of this project, labelled by hand.
pub const OWN: &str = include_str!("../../tests/data/voices.tsv");

/// One feeling's figures.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    pub sentiment: Sentiment,
    pub sentences: usize,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// A sentence that was read otherwise than its label.
#[derive(Clone, Debug, Serialize)]
pub struct Miss {
    pub text: String,
    pub label: Sentiment,
    pub read: Sentiment,
    pub score: i64,
}

/// The figures of one part of the sentences.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub part: String,
    pub sentences: usize,
    pub accuracy: f64,
    /// The mean of the classes' F1.
    pub macro_f1: f64,
    pub classes: Vec<Class>,
    pub misses: Vec<Miss>,
}

/// Checks a file of lines `part<TAB>label<TAB>sentence`; lines with `#` are passed over.
pub fn check(file: &str) -> Result<Vec<Figures>> {
    let mut parts: Vec<(String, Vec<(Sentiment, String)>)> = Vec::new();
    for (at, line) in file.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
        let wrong = || {
            let number = at + 1;
            Error::invalid(
                "line_invalid",
                format!("第 {number} 行应为“部分 制表符 标签 制表符 句子”，标签为 positive、neutral 或 negative。"),
                format!(
                    "Line {number} should be part, tab, label, tab, sentence; labels: positive, neutral, negative."
                ),
            )
        };
        let mut columns = line.splitn(3, '\t');
        let (Some(part), Some(label), Some(text)) = (columns.next(), columns.next(), columns.next()) else {
            return Err(wrong());
        };
        let label = Sentiment::read(label).ok_or_else(wrong)?;
        match parts.iter_mut().find(|(name, _)| name == part) {
            Some((_, lines)) => lines.push((label, text.to_owned())),
            None => parts.push((part.to_owned(), vec![(label, text.to_owned())])),
        }
    }
    Ok(parts.into_iter().map(|(part, lines)| figures(part, &lines)).collect())
}

fn figures(part: String, lines: &[(Sentiment, String)]) -> Figures {
    let mut misses = Vec::new();
    let mut pairs = Vec::new();
    for (label, text) in lines {
        let feeling = feel(text);
        pairs.push((*label, feeling.sentiment()));
        if feeling.sentiment() != *label {
            misses.push(Miss { text: text.clone(), label: *label, read: feeling.sentiment(), score: feeling.score });
        }
    }
    let classes: Vec<Class> = Sentiment::ALL
        .iter()
        .map(|sentiment| {
            let count = |test: &dyn Fn(&(Sentiment, Sentiment)) -> bool| pairs.iter().filter(|pair| test(pair)).count();
            let right = count(&|(label, read)| label == sentiment && read == sentiment);
            let labelled = count(&|(label, _)| label == sentiment);
            let (precision, recall) = (share(right, count(&|(_, read)| read == sentiment)), share(right, labelled));
            let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
            Class { sentiment: *sentiment, sentences: labelled, precision, recall, f1 }
        })
        .collect();
    let macro_f1 = classes.iter().map(|class| class.f1).sum::<f64>() / 3.0;
    let accuracy = share(pairs.len() - misses.len(), pairs.len());
    Figures { part, sentences: pairs.len(), accuracy, macro_f1, classes, misses }
}

#[expect(clippy::cast_precision_loss, reason = "a file has fewer sentences than that")]
fn share(some: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_reads_its_own_sentences_as_well_as_the_docs_say() {
        let figures = check(OWN).expect("a good file");
        for part in &figures {
            println!("{} n={} accuracy={:.3} macro F1={:.3}", part.part, part.sentences, part.accuracy, part.macro_f1);
            for class in &part.classes {
                println!(
                    "  {:?} n={} P={:.2} R={:.2} F1={:.2}",
                    class.sentiment, class.sentences, class.precision, class.recall, class.f1
                );
            }
            for miss in &part.misses {
                println!("  {:?} read {:?} ({}): {}", miss.label, miss.read, miss.score, miss.text);
            }
        }
        assert!(figures.iter().map(|part| part.sentences).sum::<usize>() >= 150);
        for part in figures {
            assert!(part.accuracy >= 0.6, "{}", part.accuracy);
        }
    }

    #[test]
    fn a_bad_file_is_told_by_its_line() {
        assert!(check("dev\tpositive").is_err() && check("dev\tgood\t好").is_err());
        assert!(check("# nothing\n").expect("fine").is_empty());
    }
}
