//! Talk templates: what is said again and again, with variables in braces. An unknown variable is refused when the
//! template is saved, so that no customer ever reads `{客户名}`.

use zunke_kernel::{Error, Locale, Result};

/// What a variable stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    Customer,
    Level,
    Number,
    Subject,
    Product,
    Agent,
    Organisation,
}

/// The variables, by their names in Chinese and English.
pub const VARIABLES: [(Variable, &str, &str); 7] = [
    (Variable::Customer, "客户", "customer"),
    (Variable::Level, "等级", "level"),
    (Variable::Number, "工单号", "number"),
    (Variable::Subject, "主题", "subject"),
    (Variable::Product, "产品", "product"),
    (Variable::Agent, "客服", "agent"),
    (Variable::Organisation, "公司", "organisation"),
];

/// What the variables stand for on one ticket; empty: not known.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub customer: String,
    pub level: String,
    pub number: String,
    pub subject: String,
    pub product: String,
    pub agent: String,
    pub organisation: String,
}

impl Facts {
    fn of(&self, variable: Variable) -> &str {
        match variable {
            Variable::Customer => &self.customer,
            Variable::Level => &self.level,
            Variable::Number => &self.number,
            Variable::Subject => &self.subject,
            Variable::Product => &self.product,
            Variable::Agent => &self.agent,
            Variable::Organisation => &self.organisation,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(Variable),
}

/// Checks a template; all its faults at once.
pub fn check(body: &str) -> Result<()> {
    pieces(body).map(|_| ())
}

/// The template on one ticket, and the variables that nothing is known for.
pub fn fill(body: &str, facts: &Facts, locale: Locale) -> Result<(String, Vec<String>)> {
    let mut text = String::with_capacity(body.len());
    let mut missing = Vec::new();
    for piece in pieces(body)? {
        match piece {
            Piece::Text(plain) => text.push_str(&plain),
            Piece::Variable(variable) => {
                let value = facts.of(variable);
                if value.is_empty() {
                    missing.push(name(variable, locale).to_owned());
                }
                text.push_str(value);
            }
        }
    }
    missing.dedup();
    Ok((text, missing))
}

fn name(variable: Variable, locale: Locale) -> &'static str {
    let found = VARIABLES.iter().find(|(one, ..)| *one == variable);
    found.map_or("", |(_, zh, en)| if locale == Locale::Zh { zh } else { en })
}

fn pieces(body: &str) -> Result<Vec<Piece>> {
    let (mut pieces, mut faults, mut plain) = (Vec::new(), Vec::new(), String::new());
    let mut rest = body;
    while let Some(at) = rest.find(['{', '}', '｛', '｝']) {
        let sign = rest[at..].chars().next().unwrap_or('{');
        plain.push_str(&rest[..at]);
        let after = &rest[at + sign.len_utf8()..];
        // Two of a kind are one that is meant.
        if after.starts_with(sign) {
            plain.push(sign);
            rest = &after[sign.len_utf8()..];
            continue;
        }
        let closing = matches!(sign, '}' | '｝');
        let end = after.find(['}', '｝', '{', '｛', '\n']).filter(|end| after[*end..].starts_with(['}', '｝']));
        let Some(end) = end.filter(|_| !closing) else {
            faults.push(Error::invalid(
                "template_brace_unpaired",
                format!("花括号没有配对，位于“{}”附近；要写花括号本身请写两个。", near(&rest[at..])),
                format!(
                    "A brace without its pair, near “{}”; write it twice to mean the brace itself.",
                    near(&rest[at..])
                ),
            ));
            rest = after;
            continue;
        };
        let word = after[..end].trim();
        let known = VARIABLES.iter().find(|(_, zh, en)| word == *zh || word.eq_ignore_ascii_case(en));
        match known {
            Some((variable, ..)) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Variable(*variable));
            }
            None => faults.push(unknown(word)),
        }
        let close = after[end..].chars().next().map_or(0, char::len_utf8);
        rest = &after[end + close..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    match Error::gather(faults.into_iter().map(|fault| fault.at("body")).collect()) {
        Some(error) => Err(error),
        None => Ok(pieces),
    }
}

fn near(text: &str) -> String {
    crate::text::cut(text, 12)
}

fn unknown(word: &str) -> Error {
    let zh = VARIABLES.map(|(_, zh, _)| format!("{{{zh}}}")).join(" ");
    let en = VARIABLES.map(|(.., en)| format!("{{{en}}}")).join(" ");
    let word = crate::text::cut(word, 30);
    Error::invalid(
        "template_variable_unknown",
        format!("没有变量“{word}”，可用：{zh}。"),
        format!("There is no variable “{word}”; there are {en}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            customer: "王小明".into(),
            number: "#17".into(),
            agent: "李雷".into(),
            organisation: "尊客".into(),
            ..Facts::default()
        }
    }

    #[test]
    fn variables_are_filled_in_either_language_and_what_is_missing_is_named() {
        let filled = |body: &str| fill(body, &facts(), Locale::Zh).expect(body);
        assert_eq!(filled("{客户}您好，工单{ number }由{客服}处理。").0, "王小明您好，工单#17由李雷处理。");
        assert_eq!(filled("｛客户｝").0, "王小明");
        assert_eq!(filled("{{客户}} 100%").0, "{客户} 100%");
        assert_eq!(filled("关于{产品}"), ("关于".into(), vec!["产品".into()]));
        assert_eq!(filled("没有变量").0, "没有变量");
        assert_eq!(filled("").0, "");
    }

    #[test]
    fn an_unknown_variable_is_refused_with_the_ones_there_are_and_all_faults_at_once() {
        let error = check("{客户名}您好，{phone}").expect_err("two unknown");
        assert_eq!((error.code, error.field.as_deref()), ("template_variable_unknown", Some("body")));
        assert!(error.text.zh.contains("客户名") && error.text.zh.contains("{客户}"), "{}", error.text.zh);
        assert_eq!(error.others.len(), 1);
        for bad in ["{客户", "客户}", "{客户\n}", "{}", "{{客户}", "{客{户}"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
