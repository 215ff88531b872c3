use zunke_kernel::{Day, Instant, Money};
use zunke_store::testing::TestDb;
use zunke_store::{Engine, Tx, Uuid, Value};

on_every_engine!(
    every_type_comes_back_as_it_went,
    nothing_comes_back_as_nothing,
    a_wrong_reader_is_a_fault_and_not_a_guess,
    parameters_are_named_by_their_number,
    a_wrong_number_of_values_is_refused,
    sums_and_averages_read_alike,
    text_sorts_and_matches_by_its_bytes,
    many_rows_in_one_go_count_their_changes,
    many_rows_in_one_go_do_what_one_after_the_other_does,
    a_sum_too_large_for_a_number_is_said_to_be_so,
    a_list_of_values_can_be_joined,
    a_claim_tells_by_its_row_count,
    returning_gives_the_changed_rows,
    a_stream_of_many_rows_ends_early_when_told,
    a_mapping_fault_ends_a_query_but_not_the_unit,
);

fn made(tx: &mut Tx) -> zunke_kernel::Result<()> {
    let (uuid, real, flag, bytes) = match tx.engine() {
        Engine::Sqlite => ("BLOB", "REAL", "INTEGER", "BLOB"),
        Engine::Postgres => ("UUID", "DOUBLE PRECISION", "BOOLEAN", "BYTEA"),
    };
    tx.execute(
        &format!(
            "CREATE TABLE things (id {uuid} NOT NULL PRIMARY KEY, n BIGINT, r {real}, t TEXT, b {bytes}, f {flag})"
        ),
        &[],
    )?;
    Ok(())
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn fill(db: &TestDb, count: u128) {
    db.write(|tx| {
        made(tx)?;
        let rows: Vec<Vec<Value>> = (0..count)
            .map(|at| vec![id(at).into(), i64::try_from(at).unwrap().into(), format!("t{at}").into()])
            .collect();
        tx.execute_many("INSERT INTO things (id, n, t) VALUES ($1, $2, $3)", &rows)
    })
    .unwrap();
}

fn every_type_comes_back_as_it_went(db: &TestDb) {
    for (n, r, t, b, f) in [
        (0, 0.0, "", &b""[..], false),
        (i64::MAX, f64::MIN_POSITIVE, "尊客 👑 '\"\\ \n", &b"\0\xff\x80"[..], true),
        (i64::MIN, -1.5e300, "a", &b"abc"[..], true),
    ] {
        db.write(|tx| {
            tx.execute("DROP TABLE IF EXISTS things", &[])?;
            made(tx)?;
            tx.execute(
                "INSERT INTO things (id, n, r, t, b, f) VALUES ($1, $2, $3, $4, $5, $6)",
                &[id(7).into(), n.into(), r.into(), t.into(), b.into(), f.into()],
            )
        })
        .unwrap();
        let back = db
            .read(|tx| {
                tx.query_one("SELECT id, n, r, t, b, f FROM things WHERE id = $1", &[id(7).into()], |row| {
                    Ok((row.uuid(0)?, row.int(1)?, row.real(2)?, row.text(3)?, row.bytes(4)?, row.bool(5)?))
                })
            })
            .unwrap();
        assert_eq!(back, Some((id(7), n, r, t.to_owned(), b.to_vec(), f)));
    }
    let words = db
        .write(|tx| {
            tx.execute("UPDATE things SET n = $1, t = $2", &[Day(-1).into(), r#"{"a":[1,2]}"#.into()])?;
            tx.query_one("SELECT n, n, n, t FROM things", &[], |row| {
                Ok((row.day(0)?, row.instant(1)?, row.money(2)?, row.json::<serde_json::Value>(3)?))
            })
        })
        .unwrap();
    assert_eq!(words, Some((Day(-1), Instant(-1), Money(-1), serde_json::json!({"a": [1, 2]}))));
}

fn nothing_comes_back_as_nothing(db: &TestDb) {
    let back = db
        .write(|tx| {
            made(tx)?;
            let nothing = Value::Null;
            tx.execute(
                "INSERT INTO things (id, n, r, t, b, f) VALUES ($1, $2, $3, $4, $5, $6)",
                &[id(1).into(), nothing.clone(), nothing.clone(), nothing.clone(), nothing.clone(), nothing],
            )?;
            tx.query_one("SELECT n, r, t, b, f FROM things", &[], |row| {
                assert!(row.int(0).is_err() && row.text(2).is_err() && row.bool(4).is_err());
                Ok((row.opt_int(0)?, row.opt_real(1)?, row.opt_text(2)?, row.opt_bytes(3)?, row.opt_bool(4)?))
            })
        })
        .unwrap();
    assert_eq!(back, Some((None, None, None, None, None)));
}

fn a_wrong_reader_is_a_fault_and_not_a_guess(db: &TestDb) {
    fill(db, 1);
    db.read(|tx| {
        tx.query_one("SELECT id, n, t FROM things", &[], |row| {
            assert!(row.int(2).is_err(), "text as a number");
            assert!(row.text(1).is_err(), "a number as text");
            assert!(row.uuid(2).is_err(), "text as an id");
            assert!(row.int(9).is_err(), "no such column");
            assert!(row.day(1).is_ok());
            Ok(())
        })
    })
    .unwrap();
}

fn parameters_are_named_by_their_number(db: &TestDb) {
    fill(db, 3);
    let sql = "SELECT n FROM things WHERE n >= $2 AND n <= $1 AND n <> $3 AND n >= $2 ORDER BY n";
    let found = db.read(|tx| tx.query(sql, &[2.into(), 1.into(), 5.into()], |row| row.int(0))).unwrap();
    assert_eq!(found, [1, 2]);
}

fn a_wrong_number_of_values_is_refused(db: &TestDb) {
    fill(db, 1);
    for params in [vec![], vec![1.into(), 2.into()]] {
        let error = db.read(|tx| tx.query("SELECT n FROM things WHERE n = $1", &params, |row| row.int(0)));
        assert_eq!(error.unwrap_err().code, "internal");
    }
    let uneven = [vec![1.into()], vec![]];
    assert!(db.write(|tx| tx.execute_many("UPDATE things SET n = $1", &uneven)).is_err());
}

fn sums_and_averages_read_alike(db: &TestDb) {
    fill(db, 4);
    let back = db
        .read(|tx| {
            tx.query_one(
                "SELECT COUNT(*), SUM(n), CAST(SUM(n) AS BIGINT), AVG(n), MAX(n), SUM(r) FROM things WHERE n < $1",
                &[4.into()],
                |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.real(3)?, row.int(4)?, row.opt_real(5)?)),
            )
        })
        .unwrap();
    assert_eq!(back, Some((4, 6, 6, 1.5, 3, None)));
    let groups = db
        .read(|tx| {
            tx.query("SELECT n FROM things GROUP BY n HAVING SUM(n) >= $1 ORDER BY n", &[2.into()], |row| row.int(0))
        })
        .unwrap();
    assert_eq!(groups, [2, 3]);
}

fn text_sorts_and_matches_by_its_bytes(db: &TestDb) {
    db.write(|tx| {
        // {text} of a migration, as the rooms write it.
        for key in ["b", "B", "a", "é", "尊", "_"] {
            tx.execute(
                "INSERT INTO idempotency_keys (caller, idempotency_key, request_hash, created_at) VALUES ($1, $2, $3, 0)",
                &[key.into(), "k".into(), Value::Bytes(vec![])],
            )?;
        }
        Ok(())
    })
    .unwrap();
    let listed = |sql: &str, params: &[Value]| db.read(|tx| tx.query(sql, params, |row| row.text(0))).unwrap();
    assert_eq!(
        listed("SELECT caller FROM idempotency_keys ORDER BY caller", &[]),
        ["B", "_", "a", "b", "é", "尊"],
        "the order of pages"
    );
    assert_eq!(listed("SELECT caller FROM idempotency_keys WHERE caller LIKE $1", &["b%".into()]), ["b"]);
}

fn many_rows_in_one_go_count_their_changes(db: &TestDb) {
    fill(db, 2_000);
    let (changed, none) = db
        .write(|tx| {
            let rows: Vec<Vec<Value>> = (0..3_000).map(|at| vec![at.into(), Value::Real(0.5)]).collect();
            let changed = tx.execute_many("UPDATE things SET r = $2 WHERE n = $1", &rows[..500])?;
            let beyond = tx.execute_many("UPDATE things SET r = $2 WHERE n = $1", &rows[1_999..2_002])?;
            assert_eq!(beyond, 1);
            Ok((changed, tx.execute_many("UPDATE things SET r = $2 WHERE n = $1", &[])?))
        })
        .unwrap();
    assert_eq!((changed, none), (500, 0));
    // One bad row fails them all.
    let error = db
        .write(|tx| {
            let rows = [vec![id(9_000).into()], vec![id(1).into()], vec![id(9_001).into()]];
            tx.execute_many("INSERT INTO things (id) VALUES ($1)", &rows)
        })
        .unwrap_err();
    assert_eq!(error.code, "already_exists");
    let count = db.read(|tx| tx.query_one("SELECT COUNT(*) FROM things", &[], |row| row.int(0))).unwrap();
    assert_eq!(count, Some(2_000));
}

fn many_rows_in_one_go_do_what_one_after_the_other_does(db: &TestDb) {
    fill(db, 10);
    let all = |tx: &mut Tx| {
        tx.query("SELECT n, r, t, b, f FROM things ORDER BY n, id", &[], |row| {
            Ok((row.opt_int(0)?, row.opt_real(1)?, row.opt_text(2)?, row.opt_bytes(3)?, row.opt_bool(4)?))
        })
    };
    let again = |tx: &mut Tx| {
        tx.execute("DELETE FROM things", &[])?;
        let rows: Vec<Vec<Value>> =
            (0..10_i64).map(|at| vec![id(at.unsigned_abs().into()).into(), at.into()]).collect();
        tx.execute_many("INSERT INTO things (id, n) VALUES ($1, $2)", &rows)
    };
    db.write(again).unwrap();
    let sql = "INSERT INTO things (id, n, r, t, b, f) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (id) DO UPDATE SET n = excluded.n, t = excluded.t";
    let row = |at: u128, n: i64| -> Vec<Value> {
        let text = if n % 2 == 0 { Value::Null } else { "它, {\"x\"}".into() };
        vec![id(at).into(), n.into(), 0.25.into(), text, vec![0_u8, 255].into(), (n % 3 == 0).into()]
    };
    // Fresh rows, rows that are there, and one that comes twice: the later stands.
    let rows: Vec<Vec<Value>> = (5..15).map(|at| row(at, 100 + i64::try_from(at).unwrap())).collect();
    let twice = [rows.clone(), vec![row(7, 999), row(3, 998), row(7, 997)]].concat();
    for rows in [rows, twice] {
        let at_once = db.write(|tx| {
            tx.execute_many(sql, &rows)?;
            let seen = all(tx)?;
            again(tx)?;
            Ok(seen)
        });
        let one_by_one = db.write(|tx| {
            for row in &rows {
                tx.execute(sql, row)?;
            }
            let seen = all(tx)?;
            again(tx)?;
            Ok(seen)
        });
        assert_eq!(at_once.unwrap(), one_by_one.unwrap());
    }
    // A row renamed is found under its new name by the next one.
    db.write(|tx| {
        let rows: Vec<Vec<Value>> = (0..6_i64).map(|at| vec![(at + 1).into(), at.into()]).collect();
        tx.execute("DELETE FROM things WHERE n <> 0", &[])?;
        assert_eq!(tx.execute_many("UPDATE things SET n = $1 WHERE n = $2", &rows)?, 6);
        assert_eq!(tx.query_one("SELECT n FROM things", &[], |row| row.int(0))?, Some(6));
        Ok(())
    })
    .unwrap();
}

fn a_sum_too_large_for_a_number_is_said_to_be_so(db: &TestDb) {
    fill(db, 2);
    let told = db
        .write(|tx| {
            tx.execute("UPDATE things SET n = $1", &[i64::MAX.into()])?;
            tx.query_one("SELECT CAST(SUM(n) AS BIGINT) FROM things", &[], |row| row.int(0))
        })
        .unwrap_err();
    assert_eq!(told.code, "sum_too_large");
}

fn a_list_of_values_can_be_joined(db: &TestDb) {
    fill(db, 5);
    let sql = "WITH given (id, k) AS (VALUES ($1, $2), ($3, $4)) \
               SELECT given.k, things.n FROM given JOIN things ON things.id = given.id ORDER BY given.k";
    let found = db
        .read(|tx| {
            tx.query(sql, &[id(3).into(), 10.into(), id(1).into(), 20.into()], |row| Ok((row.int(0)?, row.int(1)?)))
        })
        .unwrap();
    assert_eq!(found, [(10, 3), (20, 1)]);
}

fn a_claim_tells_by_its_row_count(db: &TestDb) {
    fill(db, 1);
    let claim = || {
        db.write(|tx| {
            tx.execute("INSERT INTO things (id, n) VALUES ($1, 1) ON CONFLICT (id) DO NOTHING", &[id(50).into()])
        })
        .unwrap()
    };
    assert_eq!((claim(), claim()), (1, 0));
}

fn returning_gives_the_changed_rows(db: &TestDb) {
    fill(db, 3);
    let changed = db
        .write(|tx| {
            let mut changed =
                tx.query("UPDATE things SET n = n + 10 WHERE n >= $1 RETURNING n", &[1.into()], |row| row.int(0))?;
            changed.sort_unstable();
            // Also where nobody looks at the rows.
            assert_eq!(tx.execute("UPDATE things SET n = n WHERE n >= $1 RETURNING n", &[11.into()])?, 2);
            // And where only the first is looked at, all are changed.
            tx.query_one("UPDATE things SET r = 1 RETURNING n", &[], |row| row.int(0))?;
            Ok(changed)
        })
        .unwrap();
    assert_eq!(changed, [11, 12]);
    let all = db.read(|tx| tx.query_one("SELECT COUNT(*) FROM things WHERE r = 1", &[], |row| row.int(0))).unwrap();
    assert_eq!(all, Some(3));
}

fn a_stream_of_many_rows_ends_early_when_told(db: &TestDb) {
    fill(db, 20_000);
    let mut seen = 0;
    db.read(|tx| {
        tx.for_each("SELECT n FROM things ORDER BY n", &[], |row| {
            assert_eq!(row.int(0)?, seen);
            seen += 1;
            Ok(())
        })
    })
    .unwrap();
    assert_eq!(seen, 20_000);
    db.read(|tx| {
        assert_eq!(tx.query_one("SELECT n FROM things ORDER BY n", &[], |row| row.int(0))?, Some(0));
        // The connection is in order for the next statement.
        assert_eq!(tx.query_one("SELECT COUNT(*) FROM things", &[], |row| row.int(0))?, Some(20_000));
        Ok(())
    })
    .unwrap();
}

fn a_mapping_fault_ends_a_query_but_not_the_unit(db: &TestDb) {
    fill(db, 3);
    db.write(|tx| {
        let fault = tx.query("SELECT n FROM things ORDER BY n", &[], |row| {
            if row.int(0)? == 1 { Err(zunke_kernel::Error::not_found()) } else { Ok(()) }
        });
        assert_eq!(fault.unwrap_err().code, "not_found");
        tx.execute("UPDATE things SET n = 9", &[])
    })
    .unwrap();
}
