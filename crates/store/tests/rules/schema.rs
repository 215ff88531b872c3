//! Reads the catalogue of a migrated database and holds the rules of the schema.

use std::collections::{BTreeMap, BTreeSet};
use zunke_store::testing::{TestDb, database};
use zunke_store::{Engine, Tx};

/// Tables with a customer_id that are not distributed by it: look-ups, distributed by their own value, and what is local:
/// the queue of tickets, what staff have to do.
const LOOK_UPS: &[&str] = &[
    "customer_phones",
    "customer_emails",
    "external_ids",
    "activity_keys",
    "ticket_keys",
    "ticket_queue",
    "voice_postings",
    "visit_keys",
    "staff_tasks",
    "erased_identities",
];
/// The search index is each engine's own; the row number beside it is SQLite's.
const OWN: [&str; 3] = ["customer_search", "customers.row_id", "ticket_search"];

#[derive(Default)]
struct Table {
    /// Name, type, NOT NULL.
    columns: Vec<(String, String, bool)>,
    primary: Vec<String>,
    /// Columns of every other unique index.
    unique: Vec<(String, Vec<String>)>,
    /// Names of indexes and constraints.
    names: Vec<String>,
    refers_to: Vec<String>,
}

type Tables = BTreeMap<String, Table>;

fn catalogue(db: &TestDb) -> Tables {
    db.read(|tx| match tx.engine() {
        Engine::Sqlite => sqlite(tx),
        Engine::Postgres => postgres(tx),
    })
    .unwrap()
}

fn sqlite(tx: &mut Tx) -> zunke_kernel::Result<Tables> {
    let mut tables = Tables::new();
    let names = tx.query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
        &[],
        |row| row.text(0),
    )?;
    for name in
        names.into_iter().filter(|name| !name.starts_with("customer_search") && !name.starts_with("ticket_search"))
    {
        let mut table = Table::default();
        let mut primary = BTreeMap::new();
        tx.for_each(&format!("SELECT name, type, \"notnull\", pk FROM pragma_table_info('{name}')"), &[], |row| {
            if row.int(3)? > 0 {
                primary.insert(row.int(3)?, row.text(0)?);
            }
            table.columns.push((row.text(0)?, row.text(1)?, row.int(2)? != 0 || row.int(3)? > 0));
            Ok(())
        })?;
        table.primary = primary.into_values().collect();
        let indexes =
            tx.query(&format!("SELECT name, \"unique\", origin FROM pragma_index_list('{name}')"), &[], |row| {
                Ok((row.text(0)?, row.int(1)? != 0, row.text(2)?))
            })?;
        for (index, unique, origin) in indexes {
            let columns =
                tx.query(&format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno"), &[], |row| {
                    Ok(row.opt_text(0)?.unwrap_or_default())
                })?;
            if unique && origin != "pk" {
                table.unique.push((index.clone(), columns));
            }
            if !index.starts_with("sqlite_autoindex") {
                table.names.push(index);
            }
        }
        table.refers_to =
            tx.query(&format!("SELECT \"table\" FROM pragma_foreign_key_list('{name}')"), &[], |row| row.text(0))?;
        tables.insert(name, table);
    }
    Ok(tables)
}

fn postgres(tx: &mut Tx) -> zunke_kernel::Result<Tables> {
    let mut tables = Tables::new();
    tx.for_each(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
         WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
        &[],
        |row| {
            let table: &mut Table = tables.entry(row.text(0)?).or_default();
            table.columns.push((row.text(1)?, row.text(2)?, row.str(3)? == "NO"));
            Ok(())
        },
    )?;
    tx.for_each(
        "SELECT t.relname, i.relname, x.indisprimary, x.indisunique,
                (SELECT string_agg(COALESCE(a.attname, ''), ',' ORDER BY k.place)
                   FROM unnest(x.indkey) WITH ORDINALITY AS k (number, place)
                   LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number)
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public' ORDER BY 1, 2",
        &[],
        |row| {
            let columns: Vec<String> = row.str(4)?.split(',').map(str::to_owned).collect();
            let table = tables.entry(row.text(0)?).or_default();
            table.names.push(row.text(1)?);
            match (row.bool(2)?, row.bool(3)?) {
                (true, _) => table.primary = columns,
                (false, true) => table.unique.push((row.text(1)?, columns)),
                _ => {}
            }
            Ok(())
        },
    )?;
    tx.for_each(
        "SELECT t.relname, c.conname, CAST(c.contype AS TEXT), f.relname FROM pg_constraint c
         JOIN pg_class t ON t.oid = c.conrelid LEFT JOIN pg_class f ON f.oid = c.confrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public'",
        &[],
        |row| {
            let table = tables.entry(row.text(0)?).or_default();
            table.names.push(row.text(1)?);
            if row.str(2)? == "f" {
                table.refers_to.push(row.text(3)?);
            }
            Ok(())
        },
    )?;
    let triggers = tx.query_one("SELECT COUNT(*) FROM pg_trigger WHERE NOT tgisinternal", &[], |row| row.int(0))?;
    assert_eq!(triggers, Some(0), "no triggers");
    let sequences = tx.query_one("SELECT COUNT(*) FROM pg_class WHERE relkind = 'S'", &[], |row| row.int(0))?;
    assert_eq!(sequences, Some(0), "ids are made by the application: no serial, no identity");
    Ok(tables)
}

fn distributed(name: &str, table: &Table) -> bool {
    !LOOK_UPS.contains(&name) && table.columns.iter().any(|(column, ..)| column == "customer_id")
}

/// What stands against the rules, each with the name of the table.
fn faults(tables: &Tables) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, table) in tables {
        let mut fault = |what: &str| faults.push(format!("{name}: {what}"));
        if name.len() > 40 {
            fault("its name is longer than 40");
        }
        for other in &table.names {
            if other.len() > 50 {
                fault(&format!("the name {other} is longer than 50"));
            }
        }
        if table.primary.is_empty() {
            fault("it has no primary key");
        }
        for (column, kind, _) in &table.columns {
            let good = ["BLOB", "INTEGER", "TEXT", "REAL", "uuid", "bigint", "text", "double precision", "boolean"]
                .contains(&kind.as_str())
                || kind == "bytea"
                || OWN.contains(&name.as_str());
            if !good {
                fault(&format!("{column} is {kind}, which is none of the types of migrations"));
            }
        }
        if !distributed(name, table) {
            for to in &table.refers_to {
                if tables.get(to).is_some_and(|to_table| distributed(to, to_table)) {
                    fault(&format!("it refers to {to}, which lives on other servers"));
                }
            }
            continue;
        }
        if table.columns.iter().any(|(column, _, not_null)| column == "customer_id" && !not_null) {
            fault("customer_id may be NULL");
        }
        // SQLite's own row number stands in for the key where a search index needs it.
        let by_row_number = table.primary == ["row_id"];
        if !by_row_number && table.primary.first().is_none_or(|first| first != "customer_id") {
            fault("its primary key does not start with customer_id");
        }
        if by_row_number && !table.unique.iter().any(|(_, columns)| *columns == ["customer_id"]) {
            fault("beside the row number customer_id is not unique");
        }
        for (index, columns) in &table.unique {
            if !columns.iter().any(|column| column == "customer_id") {
                fault(&format!("the unique index {index} leaves customer_id out"));
            }
        }
    }
    faults
}

#[test]
fn the_schema_keeps_its_rules_on_sqlite() {
    let tables = catalogue(&database(Engine::Sqlite).unwrap());
    assert!(tables.contains_key("jobs") && tables["jobs"].primary == ["job_id"]);
    assert_eq!(faults(&tables), [] as [&str; 0]);
}

#[test]
fn the_schema_keeps_its_rules_on_postgres() {
    let Some(db) = database(Engine::Postgres) else { return };
    let tables = catalogue(&db);
    assert!(tables.contains_key("jobs") && tables["jobs"].primary == ["job_id"]);
    assert_eq!(faults(&tables), [] as [&str; 0]);
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let Some(postgres) = database(Engine::Postgres) else { return };
    let columns = |db: &TestDb| -> BTreeSet<String> {
        catalogue(db)
            .iter()
            .flat_map(|(name, table)| {
                table
                    .columns
                    .iter()
                    .map(move |(column, _, not_null)| (name.clone(), format!("{name}.{column}"), *not_null))
            })
            .filter(|(table, column, _)| !OWN.contains(&table.as_str()) && !OWN.contains(&column.as_str()))
            .map(|(_, column, not_null)| format!("{column} {}", if not_null { "NOT NULL" } else { "" }))
            .collect()
    };
    let (here, there) = (columns(&database(Engine::Sqlite).unwrap()), columns(&postgres));
    assert_eq!(here.symmetric_difference(&there).collect::<Vec<_>>(), [] as [&String; 0]);
}

#[test]
fn a_table_that_breaks_the_rules_is_found() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(db) = database(engine) else { continue };
        db.write(|tx| {
            tx.execute("CREATE TABLE heap_of_things (customer_id BIGINT)", &[])?;
            tx.execute("CREATE TABLE orders_by_number (number TEXT NOT NULL PRIMARY KEY, customer_id TEXT)", &[])?;
            tx.execute("CREATE UNIQUE INDEX things_unique ON orders_by_number (number)", &[])
        })
        .unwrap();
        let found = faults(&catalogue(&db)).join("\n");
        for wanted in [
            "heap_of_things: it has no primary key",
            "heap_of_things: customer_id may be NULL",
            "orders_by_number: its primary key does not start with customer_id",
            "orders_by_number: the unique index things_unique leaves customer_id out",
        ] {
            assert!(found.contains(wanted), "{engine:?}: “{wanted}” is not in:\n{found}");
        }
    }
}
