//! What somebody wrote, apart from what his mail program put under it: the quoted mail and the signature.

/// A mail's text in two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// What was written this time.
    pub body: String,
    /// What was cut off, as it stood.
    pub quoted: Option<String>,
}

/// Cuts quoted text and signature off. Where nothing else was written (a mail passed on, a quote alone), all of it is the
/// body.
#[must_use]
pub fn cut(text: &str) -> Cut {
    let text = text.replace("\r\n", "\n").replace('\u{feff}', "");
    let lines: Vec<&str> = text.lines().collect();
    let (mut body, mut quoted): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if is_signature(line, at > 0) || begins_header(&lines[at..]) || is_divider(line) {
            // From here on everything is somebody else's, or the same under every mail.
            quoted.extend(&lines[at..]);
            break;
        }
        let introduced = introduces(&lines[at..]);
        if introduced > 0 {
            quoted.extend(&lines[at..at + introduced]);
            at += introduced;
            // Programs that do not mark quoted lines: what follows an introduction is the quote.
            if !lines[at..].iter().any(|line| is_quoted(line)) {
                quoted.extend(&lines[at..]);
                break;
            }
            continue;
        }
        if is_quoted(line) {
            quoted.push(line);
        } else {
            body.push(line);
        }
        at += 1;
    }
    let written = tidy(&body);
    let rest = tidy(&quoted);
    match (written.is_empty(), rest.is_empty()) {
        (true, _) => Cut { body: tidy(&lines), quoted: None },
        (false, true) => Cut { body: written, quoted: None },
        (false, false) => Cut { body: written, quoted: Some(rest) },
    }
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with(['>', '＞'])
}

/// The line that mail programs put above a signature, or their own advertisement.
fn is_signature(line: &str, later: bool) -> bool {
    if line == "-- " || line == "--" {
        return true;
    }
    let line = line.trim();
    let sent_from =
        ["发自我的", "發自我的", "从我的", "發送自", "发送自", "来自我的", "Sent from my ", "Get Outlook for "];
    later && line.chars().count() <= 40 && sent_from.iter().any(|start| line.starts_with(start))
}

/// `-----Original Message-----`, `------------------ 原始邮件 ------------------`, and a line of underscores as Outlook
/// draws it.
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    if line.chars().count() >= 20 && line.chars().all(|c| c == '_') {
        return true;
    }
    if !line.starts_with("--") || !line.ends_with("--") {
        return false;
    }
    let word = line.trim_matches(|c: char| c == '-' || c.is_whitespace()).to_lowercase();
    let words = [
        "original message",
        "原始邮件",
        "原始郵件",
        "回复的原邮件",
        "原邮件",
        "转发邮件",
        "转发的消息",
        "forwarded message",
        "original",
    ];
    words.contains(&word.as_str())
}

/// A header block as Outlook and Foxmail write it above the mail that is answered: two of its lines in a row of six.
fn begins_header(lines: &[&str]) -> bool {
    const NAMES: [&str; 14] = [
        "发件人",
        "寄件者",
        "From",
        "发送时间",
        "发送日期",
        "日期",
        "寄件日期",
        "Sent",
        "Date",
        "收件人",
        "收件者",
        "To",
        "主题",
        "Subject",
    ];
    let named = |line: &str| {
        let line = line.trim_start_matches(['*', ' ', '\t']).trim_start();
        NAMES.iter().position(|name| {
            line.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['*', ' ']).starts_with([':', '：']))
        })
    };
    let Some(first) = lines.first().and_then(|line| named(line)) else { return false };
    first < 3 && lines[1..].iter().take(6).filter(|line| named(line).is_some()).count() >= 2
}

/// How many lines of the beginning say who wrote what follows: `On … wrote:`, `在 … 写道：`; 0: none do. Programs break such
/// a line in two or three.
fn introduces(lines: &[&str]) -> usize {
    let mut joined = String::new();
    for (at, line) in lines.iter().take(3).enumerate() {
        let line = line.trim();
        if line.is_empty() || is_quoted(line) {
            return 0;
        }
        joined.push_str(line);
        joined.push(' ');
        let whole = joined.trim();
        let chinese = whole.ends_with("写道：")
            || whole.ends_with("写道:")
            || whole.ends_with("寫道：")
            || whole.ends_with("寫道:");
        let english = whole.starts_with("On ") && (whole.ends_with("wrote:") || whole.ends_with("writes:"));
        // A sentence of one's own may end so too; a date or an address in it tells.
        let told = whole.contains('@') || whole.chars().filter(char::is_ascii_digit).count() >= 4;
        if (chinese || english) && told && whole.chars().count() <= 300 {
            return at + 1;
        }
        let may_go_on = whole.starts_with("On ") || whole.starts_with('在') || whole.contains('@');
        if !may_go_on {
            return 0;
        }
    }
    0
}

fn tidy(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut empty = 0;
    for line in lines {
        let line = line.trim_end();
        if line.trim().is_empty() {
            empty += 1;
            continue;
        }
        if !text.is_empty() {
            text.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        empty = 0;
        text.push_str(line);
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (String, String) {
        let cut = cut(text);
        (cut.body, cut.quoted.unwrap_or_default())
    }

    #[test]
    fn what_programs_put_under_an_answer_is_cut_off() {
        for under in [
            "On Mon, 18 Jan 2027 at 16:00, Service <service@example.com> wrote:\n> 您好\n> 已收到",
            "On Mon, 18 Jan 2027 at 16:00, Service\n<service@example.com> wrote:\n> 您好",
            "在 2027-01-18 16:00:00，\"客服\" <service@example.com> 写道：\n>您好",
            "在 2027年1月18日，16:00，客服 <service@example.com> 写道：\n\n您好",
            "------------------ 原始邮件 ------------------\n发件人: \"客服\" <service@example.com>;\n您好",
            "-----Original Message-----\nFrom: Service\nhello",
            "发件人：客服 <service@example.com>\n发送时间：2027年1月18日 16:00\n收件人：王小明\n主题：回复\n\n您好",
            "From: Service <service@example.com>\nSent: Monday\nTo: Wang\nSubject: Re: x\n\nhello",
            "________________________________\nFrom: Service\nhello",
            "发自我的 iPhone",
            "Sent from my iPhone",
            "-- \n王小明\n销售总监",
        ] {
            let (body, quoted) = both(&format!("还是没有收到。\r\n谢谢\n\n{under}\n"));
            assert_eq!(body, "还是没有收到。\n谢谢", "{under}");
            assert!(!quoted.is_empty(), "{under}");
        }
    }

    #[test]
    fn answers_between_the_lines_are_kept() {
        let (body, quoted) = both("On 2027-01-18 a@b.com wrote:\n> 颜色？\n红色\n> 尺码？\nL\n");
        assert_eq!(body, "红色\nL");
        assert_eq!(quoted, "On 2027-01-18 a@b.com wrote:\n> 颜色？\n> 尺码？");
    }

    #[test]
    fn nothing_of_ones_own_is_lost() {
        for text in [
            "他在信里写道：\n我们不退货",
            "On Monday I wrote:\nplease call",
            "From: 北京\n到：上海",
            "价格 -- 太高\n--太高--",
            "发自我的内心感谢",
            "日期：周一\n时间不对",
        ] {
            assert_eq!(both(text), (text.to_owned(), String::new()));
        }
    }

    #[test]
    fn a_mail_passed_on_without_a_word_is_its_own_text() {
        let text = "-----Original Message-----\nFrom: a@b.com\n\n投诉";
        assert_eq!(both(text).1, "");
        assert!(both(text).0.contains("投诉"));
        assert_eq!(both("> only\n> quoted").0, "> only\n> quoted");
        assert_eq!(both(""), (String::new(), String::new()));
    }
}
