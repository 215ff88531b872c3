//! The reader of mails on made-up input: read as far as it goes or refused, never a crash, within bounds.

#[path = "../../kernel/tests/support/fuzz.rs"]
mod support;

use proptest::prelude::*;
use std::time::{Duration, Instant};
use zunke_service::intake::mail::{FILES_MAX, read};

fn any_mail() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "From: 王 <a@b.cn>\r\n",
        "From: =?utf-8?B?546L?= <A@B.CN>\r\n",
        "From: \r\n",
        "To: x@y.z, \"q\" <r@s.t>\r\n",
        "Subject: =?gb18030?Q?=D5?= \r\n",
        "Subject: Re: [#12] x\r\n",
        "Date: Thu, 99 Feb 2024 25:61:00 +9999\r\n",
        "Message-ID: <>\r\n",
        "References: <a@b> <c@d>\r\n",
        "In-Reply-To: <\r\n",
        "Content-Type: text/html\r\n",
        "Content-Type: multipart/mixed; boundary=\"b\"\r\n",
        "Content-Type: multipart/mixed; boundary=\"\"\r\n",
        "Content-Type: message/rfc822\r\n",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
        "Content-Type: text/plain; charset=utf-7\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "Content-Disposition: attachment; filename*=UTF-8''%E0%A4%A\r\n",
        "Content-Disposition: attachment; filename=\"../../x.html\"\r\n",
        "Auto-Submitted: auto-replied\r\n",
        "\r\n",
        "\r\n",
        "--b\r\n",
        "--b--\r\n",
        "----\r\n",
        "=3D=\r\n",
        "PGI+\r\n",
        "<script>x</script><p>&#x110000;&nbsp;",
        "> quoted\r\n",
        "On Mon, x wrote:\r\n",
        "-----Original Message-----\r\n",
        "发件人：\r\n",
        "Final-Recipient: rfc822; a@b\r\n",
    ];
    let piece = prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => any::<String>().prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

#[test]
fn any_bytes_are_a_mail_or_a_clear_refusal() {
    support::fuzz("mail", &any_mail(), |raw| match read(raw) {
        Ok(mail) => {
            assert!(!mail.from.is_empty() && !mail.id.is_empty());
            assert!(mail.files.len() <= FILES_MAX && mail.subject.chars().count() <= 201, "{mail:?}");
            let texts = [&mail.subject, &mail.body, &mail.id];
            assert!(texts.iter().all(|text| !text.contains('\0')), "{mail:?}");
            assert!(
                mail.files.iter().all(|file| !file.name.is_empty() && !file.name.contains(['\0', '\n'])),
                "{mail:?}"
            );
        }
        Err(error) => assert_eq!(error.code, "mail_unreadable"),
    });
}

#[test]
fn parts_within_parts_and_parts_without_number_take_neither_the_stack_nor_the_memory() {
    let head = "From: a@b.cn\r\nSubject: x\r\n";
    let mut nested = head.to_owned();
    for level in 0..20_000 {
        nested.push_str(&format!("Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n"));
    }
    let forwarded = format!("{head}{}", "Content-Type: message/rfc822\r\n\r\nFrom: a@b.cn\r\n".repeat(20_000));
    let encoded = format!(
        "{head}{}",
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nFrom: a@b.cn\r\n"
            .repeat(10_000)
    );
    let many = format!("{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\nx\r\n".repeat(200_000));
    let html = format!("{head}Content-Type: text/html\r\n\r\n{}", "<div><b><!-- ".repeat(300_000));
    let quoted = format!("{head}\r\n{}", "> ".repeat(1_000_000));
    let lines = format!("{head}\r\n{}", "> x\r\nOn y wrote:\r\n".repeat(100_000));
    let addresses = format!("From: a@b.cn\r\nTo: {}\r\n\r\nx", "(((<\"a@b.c\">,".repeat(200_000));
    let words = format!("From: a@b.cn\r\nSubject: {}\r\n\r\nx", "=?utf-8?Q?a?= ".repeat(200_000));
    for (name, raw) in [
        ("nested", nested),
        ("forwarded", forwarded),
        ("encoded", encoded),
        ("many", many),
        ("html", html),
        ("quoted", quoted),
        ("lines", lines),
        ("addresses", addresses),
        ("words", words),
    ] {
        let started = Instant::now();
        let _ = read(raw.as_bytes());
        assert!(started.elapsed() < Duration::from_secs(5), "{name}: {:?}", started.elapsed());
    }
}
