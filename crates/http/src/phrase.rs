//! Serde tells faults in English and in its own words. Here they are told in the reader's language and in plain
//! words; what is not known here keeps serde's sentence behind a plain one.

use zunke_kernel::{Error, Text};

/// The body isn't JSON at all.
pub fn json_malformed(cause: &serde_json::Error) -> Error {
    let (line, column) = (cause.line(), cause.column());
    Error::invalid(
        "json_malformed",
        format!("请求体不是有效的 JSON（第 {line} 行第 {column} 列附近）。"),
        format!("The body is not valid JSON (near line {line}, column {column})."),
    )
    .caused_by(cause)
}

/// The body is JSON of another shape than the endpoint takes.
pub fn json_invalid(path: &str, cause: &serde_json::Error) -> Error {
    let said = cause.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(before, _)| before);
    fault("json_invalid", path, said)
}

/// A parameter of the query can't be read.
pub fn query_invalid(path: &str, said: &str) -> Error {
    fault("query_invalid", path, said)
}

fn fault(code: &'static str, path: &str, said: &str) -> Error {
    let path = if path == "." { "" } else { path };
    let field = named(said, path);
    let text = plain(said);
    let (zh, en) = if field.is_empty() {
        (format!("请求内容有误：{}", text.zh), format!("The request is not valid: {}", text.en))
    } else {
        (format!("“{field}”有误：{}", text.zh), format!("“{field}” is not valid: {}", text.en))
    };
    let error = Error::invalid(code, zh, en);
    if field.is_empty() { error } else { error.at(field) }
}

/// The path of the field at fault. A missing field's path is its parent's, so its name is put behind.
fn named(said: &str, path: &str) -> String {
    let inner = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| said.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    match inner {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path.to_owned(),
    }
}

fn plain(said: &str) -> Text {
    if said.starts_with("missing field") {
        return Text::new("此项必填。", "it is required.");
    }
    if said.starts_with("unknown field") {
        return Text::new("没有这个字段，请检查拼写。", "there is no such field; check its spelling.");
    }
    if said.starts_with("duplicate field") {
        return Text::new("重复出现，只能填写一次。", "it stands more than once.");
    }
    if let Some(rest) = said.strip_prefix("unknown variant ") {
        let choices = rest.split_once("expected ").map_or("", |(_, choices)| choices);
        let choices = choices.trim_start_matches("one of ").replace('`', "");
        return Text::new(format!("可选值为：{choices}。"), format!("choose one of: {choices}."));
    }
    if let Some((_, expected)) = said.split_once(", expected ") {
        let zh = format!("类型或取值不对，应为{}。", expected_zh(expected));
        return Text::new(zh, format!("expected {expected}."));
    }
    if said.starts_with("invalid digit") || said.starts_with("cannot parse integer") {
        return Text::new("应为整数。", "it must be a whole number.");
    }
    let known = [
        ("is not a date", "不是有效日期，请写成 2026-11-22。"),
        ("is not an RFC 3339 time", "不是有效时间，请写成 2026-11-22T10:00:00Z。"),
        ("This id is not valid", "编号格式不对。"),
        ("Unknown currency", "不认识的币种，请使用如 CNY、USD 的三位代码。"),
        ("amount", "不是有效金额，请写成 1234.56。"),
        ("number too large", "数字过大。"),
        ("number too small", "数字过小。"),
        ("invalid float", "应为数字。"),
        ("provided string was not", "应为 true 或 false。"),
    ];
    let zh = known.iter().find(|(part, _)| said.contains(part)).map_or("填写的值无法识别。", |(_, zh)| zh);
    Text::new(zh, said)
}

fn expected_zh(expected: &str) -> String {
    let word = expected.trim_start_matches("a ").trim_start_matches("an ");
    let known = match word {
        "string" | "str" => "文字",
        "boolean" => "true 或 false",
        "i64" | "i32" | "i16" | "integer" => "整数",
        "u64" | "u32" | "u16" | "u8" | "usize" => "不小于 0 的整数",
        "f64" | "f32" => "数字",
        "sequence" => "列表",
        "map" => "对象",
        other if other.starts_with("struct ") => "对象",
        other => return other.to_owned(),
    };
    known.to_owned()
}
