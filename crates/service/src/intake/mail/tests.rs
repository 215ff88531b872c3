//! Mails as programs really write them.

use super::*;

#[test]
fn a_plain_mail_is_read() {
    let raw = b"From: =?GBK?B?zfXQocP3?= <Wang@Example.com>\r\nTo: Service <service@zunke.example>, b@x.com\r\n\
        Subject: =?UTF-8?B?5b+r6YCS5LiJ5aSp5rKh5Yiw?=\r\nMessage-ID: <a1@example.com>\r\n\
        In-Reply-To: <b2@zunke.example>\r\nReferences: <b0@zunke.example>\r\n <b2@zunke.example>\r\n\
        Date: Mon, 18 Jan 2027 16:00:00 +0800\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
        hello\r\n\r\n> old\r\n";
    let mail = read(raw).expect("read");
    assert_eq!((mail.from.as_str(), mail.from_name.as_deref()), ("wang@example.com", Some("王小明")));
    assert_eq!((mail.id.as_str(), mail.subject.as_str()), ("a1@example.com", "快递三天没到"));
    assert_eq!(mail.answers, ["b2@zunke.example", "b0@zunke.example"]);
    assert_eq!(mail.to, ["service@zunke.example", "b@x.com"]);
    assert_eq!(mail.date, Some(Instant(1_800_259_200_000)));
    assert_eq!((mail.body.as_str(), mail.quoted.as_deref()), ("hello", Some("> old")));
    assert_eq!(mail.writer, Writer::Person);
}

#[test]
fn text_in_gbk_and_gb18030_is_read() {
    for (charset, bytes) in [
        ("GBK", &b"\xcd\xf5\xd0\xa1\xc3\xf7"[..]),
        ("gb2312", b"\xcd\xf5\xd0\xa1\xc3\xf7"),
        ("GB18030", b"\x95\x32\xb7\x36\xcd\xf5"),
    ] {
        let mut raw = format!("From: a@b.com\r\nContent-Type: text/plain; charset={charset}\r\n\r\n").into_bytes();
        raw.extend_from_slice(bytes);
        let body = read(&raw).expect("read").body;
        assert!(body == "王小明" || body.starts_with('𠮷') || body.ends_with('王'), "{charset}: {body}");
        assert!(!body.contains('\u{fffd}'), "{charset}: {body}");
    }
}

#[test]
fn html_becomes_text_and_files_are_kept() {
    let raw = b"From: a@b.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>one &amp; two</p><script>alert(1)</script><p>three</p>\r\n\
        --x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf\r\n\r\nJVBERg==\r\n--x--\r\n";
    let mail = read(raw).expect("read");
    assert!(mail.body.contains("one & two") && mail.body.contains("three"), "{}", mail.body);
    assert!(!mail.body.contains("<p>") && !mail.body.contains("alert"), "{}", mail.body);
    assert_eq!(mail.files.len(), 1);
    assert_eq!((mail.files[0].name.as_str(), mail.files[0].bytes.as_slice()), ("发票.pdf", &b"%PDF"[..]));
    assert_eq!(mail.files[0].media_type, "application/pdf");
}

#[test]
fn a_mail_without_a_message_id_gets_one_of_its_content() {
    let raw = b"From: a@b.com\r\n\r\nhello";
    let (one, two) = (read(raw).expect("read").id, read(raw).expect("read").id);
    assert_eq!(one, two);
    assert_ne!(one, read(b"From: a@b.com\r\n\r\nhallo").expect("read").id);
}

#[test]
fn a_report_names_the_mail_that_was_not_delivered() {
    let raw = b"From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nSubject: Undelivered\r\nMessage-ID: <r@mx>\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain\r\n\r\nsorry\r\n\
        --x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
        Final-Recipient: rfc822; w@b.com\r\nAction: failed\r\nDiagnostic-Code: smtp; 550 no such user\r\n\
        --x\r\nContent-Type: message/rfc822\r\n\r\nFrom: s@z.example\r\nMessage-ID: <ours@z.example>\r\n\r\nhello\r\n--x--\r\n";
    let Writer::Bounce { of, reason } = read(raw).expect("read").writer else { panic!("not a bounce") };
    assert_eq!(of.as_deref(), Some("ours@z.example"));
    assert_eq!(reason, "smtp; 550 no such user");
}

#[test]
fn what_is_no_mail_is_refused_and_what_is_broken_is_read() {
    assert_eq!(read(b"").expect_err("empty").code, "mail_unreadable");
    assert_eq!(read(b"Subject: x\r\n\r\nno sender").expect_err("no sender").code, "mail_unreadable");
    let mail =
        read(b"From: a@b.com\r\nSubject: \x00\x07x\r\nContent-Type: text/plain; charset=none\r\n\r\nabc\x00\x1bd");
    let mail = mail.expect("read");
    assert_eq!((mail.subject.as_str(), mail.body.as_str()), ("x", "abcd"));
}
