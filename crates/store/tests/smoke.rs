//! The shortest way through the API.

use zunke_store::{Db, Value};

#[test]
fn a_value_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}/a.db", folder.path().display())).unwrap();
    db.migrate().unwrap();
    db.write(|tx| {
        tx.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", &[])?;
        tx.execute_many(
            "INSERT INTO t (b, a) VALUES ($2, $1)",
            &[vec![1.into(), "one".into()], vec![2.into(), Value::Null]],
        )
    })
    .unwrap();
    let all = db
        .read(|tx| tx.query("SELECT a, b FROM t ORDER BY a", &[], |row| Ok((row.int(0)?, row.opt_text(1)?))))
        .unwrap();
    assert_eq!(all, [(1, Some("one".to_owned())), (2, None)]);
    // A failing unit leaves nothing behind.
    let error = db
        .write(|tx| {
            tx.execute("INSERT INTO t (a) VALUES ($1)", &[3.into()])?;
            tx.execute("INSERT INTO t (a) VALUES ($1)", &[1.into()])
        })
        .unwrap_err();
    assert_eq!(error.code, "already_exists");
    let count = db.read(|tx| tx.query_one("SELECT COUNT(*) FROM t", &[], |row| row.int(0))).unwrap();
    assert_eq!(count, Some(2));
}
