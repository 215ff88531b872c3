//! Pages that anybody opens without a log-in: small, of one piece, without a script. In the browser's language, or the one
//! that `?lang=` names.

use super::form::{Asks, Settings as FormSettings};
use super::rules::Open;
use crate::ticket::Kind;
use zunke_http::NONCE_PLACE;
use zunke_kernel::{Locale, Text};

/// Text as it may stand in HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// The reader's words.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Locale);

impl Words {
    fn say<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self.0 {
            Locale::Zh => zh,
            Locale::En => en,
        }
    }

    fn text(self, text: &Text) -> String {
        escape(text.get(self.0))
    }

    fn lines(self, text: &Text) -> String {
        let lines: Vec<String> =
            text.get(self.0).lines().map(str::trim).filter(|line| !line.is_empty()).map(escape).collect();
        lines.join("<br>")
    }
}

const STYLE: &str = "*{box-sizing:border-box}body{margin:0;background:#f5f6f8;color:#1f2329;\
font:16px/1.6 -apple-system,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui,sans-serif}\
main{max-width:640px;margin:0 auto;padding:24px 16px 48px}section{background:#fff;border:1px solid #e5e6eb;\
border-radius:12px;padding:20px;margin:16px 0}h1{font-size:24px;margin:16px 0 4px}h2{font-size:18px;margin:0 0 8px}\
p{margin:8px 0}.quiet{color:#646a73;font-size:14px}label{display:block;margin:14px 0 4px;font-weight:600}\
input,textarea,select{width:100%;font:inherit;padding:10px 12px;border:1px solid #bbbfc4;border-radius:8px;background:#fff}\
textarea{min-height:140px}input:focus,textarea:focus,select:focus{outline:2px solid #1456f0;border-color:#1456f0}\
button{margin-top:20px;width:100%;font:inherit;font-weight:600;padding:12px;border:0;border-radius:8px;background:#1456f0;\
color:#fff;cursor:pointer}.bad{background:#fef0f0;border-color:#f5c2c2;color:#a51d1d}.hp{position:absolute;left:-9999px}\
fieldset{border:0;padding:0;margin:16px 0;display:flex;gap:8px}fieldset label{flex:1;margin:0;text-align:center;\
font-weight:400;border:1px solid #bbbfc4;border-radius:8px;padding:10px 4px;cursor:pointer}\
fieldset label:has(input:checked){border-color:#1456f0;background:#eaf0ff}fieldset input{width:auto;margin:0}\
fieldset b{display:block;font-size:20px}.level{border-left:6px solid}.right{float:right}a{color:#1456f0}";

fn page(words: Words, title: &str, body: &str) -> String {
    styled_page(words, title, "", body)
}

/// A page with styles of its own beside the common ones. Both are let in by the number of the answer's policy.
fn styled_page(words: Words, title: &str, style: &str, body: &str) -> String {
    let language = words.say("zh-CN", "en");
    let other = words.say("<a href=\"?lang=en\">English</a>", "<a href=\"?lang=zh\">中文</a>");
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style nonce=\"{NONCE_PLACE}\">{STYLE}{style}</style></head><body><main><span class=\"right quiet\">{other}</span>{body}\
         </main></body></html>"
    )
}

/// The page of a form; `bad`: why what was sent was not taken; `entered`: what was filled in.
#[must_use]
pub fn form(
    words: Words,
    settings: &FormSettings,
    token: &str,
    bad: Option<&str>,
    entered: &super::form::Entry,
) -> String {
    let mut body = format!("<h1>{}</h1>", words.text(&settings.title));
    if let Some(intro) = &settings.intro {
        body.push_str(&format!("<p class=\"quiet\">{}</p>", words.lines(intro)));
    }
    if let Some(bad) = bad {
        body.push_str(&format!("<section class=\"bad\" role=\"alert\">{}</section>", escape(bad)));
    }
    body.push_str("<section><form method=\"post\" accept-charset=\"utf-8\">");
    body.push_str(&format!("<input type=\"hidden\" name=\"token\" value=\"{}\">", escape(token)));
    body.push_str(
        "<div class=\"hp\" aria-hidden=\"true\"><input name=\"website\" tabindex=\"-1\" autocomplete=\"off\"></div>",
    );
    if settings.kinds.len() > 1 {
        body.push_str(&format!(
            "<label for=\"kind\">{}</label><select id=\"kind\" name=\"kind\">",
            words.say("类型", "Kind")
        ));
        for kind in &settings.kinds {
            let chosen = if entered.kind == Some(*kind) { " selected" } else { "" };
            body.push_str(&format!("<option value=\"{}\"{chosen}>{}</option>", kind.word(), kind_name(words, *kind)));
        }
        body.push_str("</select>");
    }
    body.push_str(&format!(
        "<label for=\"body\">{}</label><textarea id=\"body\" name=\"body\" required maxlength=\"5000\">{}</textarea>",
        words.say("内容", "Your message"),
        escape(&entered.body)
    ));
    for (asks, name, kind, label, value) in [
        (settings.product, "product", "text", words.say("产品", "Product"), &entered.product),
        (settings.name, "name", "text", words.say("称呼", "Your name"), &entered.name),
        (settings.phone, "phone", "tel", words.say("手机号", "Phone"), &entered.phone),
        (settings.email, "email", "email", words.say("邮箱", "E-mail"), &entered.email),
    ] {
        if asks == Asks::No {
            continue;
        }
        let (mark, required) = match asks {
            Asks::Required => ("", " required"),
            _ => (words.say("（选填）", " (optional)"), ""),
        };
        body.push_str(&format!(
            "<label for=\"{name}\">{label}<span class=\"quiet\">{mark}</span></label>\
             <input id=\"{name}\" name=\"{name}\" type=\"{kind}\" maxlength=\"120\" value=\"{}\"{required}>",
            escape(value)
        ));
    }
    body.push_str(&format!("<button>{}</button></form></section>", words.say("提交", "Send")));
    page(words, &words.text(&settings.title), &body)
}

fn kind_name(words: Words, kind: Kind) -> &'static str {
    match (kind, words.0) {
        (Kind::Complaint, Locale::Zh) => "投诉",
        (Kind::Complaint, Locale::En) => "Complaint",
        (Kind::Suggestion, Locale::Zh) => "建议",
        (Kind::Suggestion, Locale::En) => "Suggestion",
        (Kind::Question, Locale::Zh) => "咨询",
        (Kind::Question, Locale::En) => "Question",
        (Kind::Praise, Locale::Zh) => "表扬",
        (Kind::Praise, Locale::En) => "Praise",
    }
}

/// What is shown once a form has been taken.
#[must_use]
pub fn taken(words: Words, settings: &FormSettings, number: i64) -> String {
    let thanks = settings.thanks.as_ref().map_or_else(
        || words.say("我们会尽快与您联系。", "We will be in touch soon.").to_owned(),
        |thanks| words.lines(thanks),
    );
    let title = words.say("已收到", "Received");
    let number = format!("{} <b>#{number}</b>", words.say("您的编号：", "Your number: "));
    page(words, title, &format!("<h1>{title}</h1><section><p>{number}</p><p>{thanks}</p></section>"))
}

/// The question after a ticket.
#[must_use]
pub fn csat(words: Words, asked: &super::csat::Asked, bad: Option<&str>) -> String {
    let title = words.say("请评价我们的服务", "How did we do?");
    let subject = format!("#{} {}", asked.ticket.number, escape(&asked.ticket.subject));
    let mut body = format!("<h1>{title}</h1><p class=\"quiet\">{subject}</p>");
    if let Some(bad) = bad {
        body.push_str(&format!("<section class=\"bad\" role=\"alert\">{}</section>", escape(bad)));
    }
    if let Some(closed) = &asked.closed {
        body.push_str(&format!("<section><p>{}</p></section>", words.text(closed)));
        return page(words, title, &body);
    }
    let given = asked.answer.as_ref();
    if given.is_some() {
        let may = words.say("您已评价，可以修改一次。", "You have answered; you may change it once.");
        body.push_str(&format!("<p class=\"quiet\">{may}</p>"));
    }
    body.push_str("<section><form method=\"post\" accept-charset=\"utf-8\"><fieldset>");
    let names = [("很差", "Poor"), ("较差", "Fair"), ("一般", "OK"), ("满意", "Good"), ("很满意", "Great")];
    for (score, (zh, en)) in (1..).zip(names) {
        let checked = if given.is_some_and(|given| given.score == score) { " checked" } else { "" };
        body.push_str(&format!(
            "<label><input type=\"radio\" name=\"score\" value=\"{score}\" required{checked}><b>{score}</b>{}</label>",
            words.say(zh, en)
        ));
    }
    let comment = given.and_then(|given| given.comment.as_deref()).unwrap_or("");
    body.push_str(&format!(
        "</fieldset><label for=\"comment\">{}</label><textarea id=\"comment\" name=\"comment\" maxlength=\"1000\">{}</textarea>\
         <button>{}</button></form></section>",
        words.say("想对我们说的话（选填）", "Anything to tell us (optional)"),
        escape(comment),
        words.say("提交评价", "Send")
    ));
    page(words, title, &body)
}

/// Thanks for an answer.
#[must_use]
pub fn thanks(words: Words, low: bool) -> String {
    let title = words.say("感谢您的评价", "Thank you");
    let more = if low {
        words.say(
            "很抱歉没有让您满意，我们会再与您联系。",
            "We are sorry it was not what you hoped for: we will get back to you.",
        )
    } else {
        words.say("您的意见会帮助我们做得更好。", "It helps us do better.")
    };
    page(words, title, &format!("<h1>{title}</h1><section><p>{more}</p></section>"))
}

/// A fault, as a page.
#[must_use]
pub fn fault(words: Words, text: &Text) -> String {
    let title = words.say("无法打开", "Not available");
    page(words, title, &format!("<h1>{title}</h1><section><p>{}</p></section>", words.text(text)))
}

/// The page of rules.
#[must_use]
pub fn rules(words: Words, open: &Open) -> String {
    let title = format!("{} · {}", escape(&open.organisation), words.say("会员规则", "How our levels work"));
    let mut body = format!("<h1>{title}</h1>");
    if let Some(intro) = &open.intro {
        body.push_str(&format!("<p>{}</p>", words.lines(intro)));
    }
    if open.levels.is_empty() {
        body.push_str(&format!(
            "<section><p>{}</p></section>",
            words.say("尚未发布会员等级。", "No levels have been published yet.")
        ));
    }
    let mut style = String::new();
    for (place, level) in open.levels.iter().enumerate() {
        // A colour is `#rrggbb` by its own check; anything else is not put into a style.
        let fine = level.colour.len() == 7 && level.colour.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
        let colour = if fine { level.colour.as_str() } else { "#8f959e" };
        style.push_str(&format!(".level-{place}{{border-left-color:{colour}}}"));
        body.push_str(&format!("<section class=\"level level-{place}\"><h2>{}</h2>", words.text(&level.name)));
        if let Some(benefits) = &level.benefits {
            body.push_str(&format!("<p>{}</p>", words.lines(benefits)));
        }
        for promise in &level.promises {
            body.push_str(&format!("<p>{}</p>", words.text(promise)));
        }
        for (label, text) in [
            (words.say("如何达到：", "How to reach it: "), &level.entry),
            (words.say("如何保级：", "How to keep it: "), &level.keep),
        ] {
            if let Some(text) = text {
                body.push_str(&format!("<p class=\"quiet\">{label}{}</p>", words.text(text)));
            }
        }
        body.push_str("</section>");
    }
    styled_page(words, &title, &style, &body)
}

/// The script that puts a form into another site's page, in place of itself. `home` and `key` are checked by the caller.
#[must_use]
pub fn embed(key: &str) -> String {
    // The address is the script's own, so that it works behind any name.
    format!(
        "(function(){{var s=document.currentScript,u=new URL(s.src),f=document.createElement('a');\
         f.href=u.origin+'/form/{key}';f.target='_blank';f.rel='noopener';\
         f.textContent=s.getAttribute('data-label')||'\u{8054}\u{7cfb}\u{5ba2}\u{670d} Contact us';\
         f.style.cssText='display:inline-block;padding:10px 20px;border-radius:8px;background:#1456f0;color:#fff;\
         font:600 15px system-ui,sans-serif;text-decoration:none';s.parentNode.insertBefore(f,s);}})();\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_customers_wrote_is_never_a_part_of_the_page() {
        let settings: FormSettings = serde_json::from_value(serde_json::json!({
            "title": { "zh": "<b>反馈", "en": "\"x" }, "kinds": ["question"] }))
        .expect("settings");
        let entered = super::super::form::Entry { body: "</textarea><script>1</script>".into(), ..Default::default() };
        for locale in [Locale::Zh, Locale::En] {
            let html = form(Words(locale), &settings, "t\"", Some("<i>"), &entered);
            assert!(!html.contains("<script") && !html.contains("<i>") && !html.contains("<b>反馈"), "{html}");
        }
        assert_eq!(escape("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    }
}
