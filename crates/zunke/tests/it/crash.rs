//! Killed at any moment, imports and evaluations come to the same as undisturbed ones.

use crate::extract;
use crate::house::{json, zunke};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use zunke_store::{Db, Engine, testing};

/// Kills that must meet a command at work, for each engine.
const IMPORT_KILLS: usize = 12;
const EVALUATION_KILLS: usize = 8;
/// A chapter is a file to import and a day to evaluate as of; both are killed some times and run to their end.
const CHAPTERS: u64 = 12;
const IMPORT_TRIES: usize = 4;
const EVALUATION_TRIES: usize = 4;

/// SplitMix64, begun with what `ZUNKE_CRASH_SEED` says: the moments of a run that failed can be tried again.
struct Moments(u64);

impl Moments {
    fn new(engine: Engine) -> Self {
        let seed = std::env::var("ZUNKE_CRASH_SEED").ok().map_or(20_111_209, |seed| seed.parse().expect("a number"));
        println!("{engine:?}: ZUNKE_CRASH_SEED={seed}");
        Self(seed)
    }

    /// Anywhere within `whole`.
    fn within(&mut self, whole: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        whole.mul_f64(f64::from((mixed >> 32) as u32) / f64::from(u32::MAX))
    }
}

/// A company: its database, which nobody but the commands has open, and its folder.
struct Company {
    folder: PathBuf,
    url: String,
    _server: Option<testing::TestDb>,
}

impl Company {
    fn new(engine: Engine, folder: PathBuf) -> Option<Self> {
        std::fs::create_dir(&folder).expect("folder");
        let server = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(testing::database(engine)?),
        };
        let url = server
            .as_ref()
            .map_or_else(|| format!("sqlite:{}", folder.join("zunke.db").display()), |db| db.url.clone());
        let company = Self { folder, url, _server: server };
        company.json(&["organisation", "set", "--time-zone", "Europe/London", "--currency", "GBP"]);
        Some(company)
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        json(&self.folder, Some(&self.url), arguments)
    }

    /// Runs a command to its end; answers how long it took.
    fn measure(&self, arguments: &[&str]) -> (serde_json::Value, Duration) {
        let began = Instant::now();
        (self.json(arguments), began.elapsed())
    }

    /// Starts a command and kills it; answers what it had told by then, or `None` if it was at its end already.
    fn kill(&self, arguments: &[&str], after: Duration) -> Option<String> {
        let mut command = zunke(&self.folder, Some(&self.url));
        let mut child =
            command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut told = child.stderr.take().expect("stderr");
        let listener = std::thread::spawn(move || {
            let mut text = String::new();
            told.read_to_string(&mut text).expect("UTF-8");
            text
        });
        std::thread::sleep(after);
        let running = child.try_wait().expect("state").is_none();
        // SIGKILL.
        child.kill().expect("kill");
        child.wait().expect("an end");
        let text = listener.join().expect("a listener");
        running.then_some(text)
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let db = Db::open(&self.url).expect("opens");
        db.read(|tx| tx.query(sql, &[], |row| row.text(0))).expect("rows")
    }

    fn numbers<const N: usize>(&self, sql: &str) -> [i64; N] {
        let db = Db::open(&self.url).expect("opens");
        let read = |row: &zunke_store::Row<'_>| {
            (0..N).map(|at| Ok(row.opt_int(at)?.unwrap_or(0))).collect::<zunke_kernel::Result<Vec<_>>>()
        };
        let found = db.read(|tx| tx.query_one(sql, &[], read)).expect("rows").expect("a row");
        found.try_into().expect("as many")
    }

    /// What must be true at any moment, whoever was killed: parts that are written together are there together.
    fn is_whole(&self) {
        let progress: Vec<serde_json::Value> = self
            .rows("SELECT progress FROM imports")
            .iter()
            .map(|text| serde_json::from_str(text).expect("JSON"))
            .collect();
        let counted = |name: &str| progress.iter().map(|one| one[name].as_i64().unwrap_or(0)).sum::<i64>();
        let [activities, keys, customers, orders, headlines] = self.numbers(
            "SELECT (SELECT COUNT(*) FROM activities), (SELECT COUNT(*) FROM activity_keys),
               (SELECT COUNT(*) FROM customers), (SELECT COUNT(*) FROM activities WHERE kind = 'order'),
               (SELECT CAST(SUM(orders) AS BIGINT) FROM customers)",
        );
        assert_eq!(activities, keys, "each activity has its key");
        assert_eq!(activities, counted("recorded"), "what is there is what the checkpoints say");
        assert_eq!(customers, counted("customers_created"), "customers");
        assert_eq!(orders, headlines, "orders are counted in the transaction that records them");
        // An entry at the lowest level is no decision.
        let [astray, undecided] = self.numbers(
            "SELECT (SELECT COUNT(*) FROM customers c JOIN standings s ON s.customer_id = c.customer_id
                     WHERE s.level_rank <> c.level_rank OR s.score <> c.score OR s.rfm <> c.rfm),
               (SELECT COUNT(*) FROM standings s WHERE s.level_rank > 1 AND NOT EXISTS (
                     SELECT 1 FROM decisions d WHERE d.customer_id = s.customer_id AND d.to_rank = s.level_rank
                       AND d.as_of = s.since))",
        );
        assert_eq!((astray, undecided), (0, 0), "level, headline and decision are written together");
    }

    /// Rows that the database has settled of the import that was begun last.
    fn settled(&self) -> u64 {
        let last = self.rows("SELECT progress FROM imports ORDER BY import_id DESC LIMIT 1");
        let progress: serde_json::Value =
            last.first().map_or_else(Default::default, |text| serde_json::from_str(text).expect("JSON"));
        progress["rows_settled"].as_u64().unwrap_or(0)
    }

    /// Each decision, by the customer's own number: neither lost nor taken twice.
    fn decisions(&self) -> BTreeMap<String, usize> {
        let sql = "SELECT e.value || ' ' || d.cause || ' ' || d.change_kind || ' ' || CAST(d.from_rank AS TEXT) || ' '
                     || CAST(d.to_rank AS TEXT) || ' ' || CAST(d.as_of AS TEXT) || ' ' || d.inputs
                   FROM decisions d JOIN external_ids e ON e.customer_id = d.customer_id";
        let mut all = BTreeMap::new();
        for decision in self.rows(sql) {
            *all.entry(decision).or_default() += 1;
        }
        all
    }

    /// Standings that an evaluation as of `day` has written.
    fn standings_of(&self, day: &str) -> i64 {
        let day = zunke_kernel::Day::parse(day).expect("a day");
        let [count] = self.numbers(&format!("SELECT COUNT(*) FROM standings WHERE as_of = {}", day.0));
        count
    }

    /// What other rooms are told.
    fn messages(&self) -> i64 {
        let [messages] = self.numbers("SELECT COUNT(*) FROM outbox");
        messages
    }

    fn stats(&self) -> serde_json::Value {
        let mut stats = self.json(&["stats", "--fingerprint"]);
        stats["evaluated_at"] = serde_json::Value::Null;
        for level in stats["levels"].as_array_mut().into_iter().flatten() {
            level["level_id"] = serde_json::Value::Null;
        }
        stats
    }
}

/// The rows that the last line of progress says are settled.
fn told_settled(told: &str) -> u64 {
    let line = told.lines().rfind(|line| line.starts_with("recording") && line.contains("/s"));
    let number = line.and_then(|line| line.trim_start_matches("recording").split('/').next()).unwrap_or("0");
    number.trim().replace(',', "").parse().expect("a number")
}

fn killed_and_undisturbed_agree(engine: Engine) {
    let folder = tempfile::tempdir().expect("folder");
    let Some(calm) = Company::new(engine, folder.path().join("calm")) else { return };
    let rough = Company::new(engine, folder.path().join("rough")).expect("a second one");
    let mut moments = Moments::new(engine);
    let (mut import_hits, mut evaluation_hits, mut acknowledged, mut half_way) = (0, 0, 0, 0);
    for chapter in 1..=CHAPTERS {
        if import_hits >= IMPORT_KILLS && evaluation_hits >= EVALUATION_KILLS && acknowledged > 0 && half_way > 0 {
            break;
        }
        let file = folder.path().join(format!("{chapter}.csv"));
        extract::write_many(&file, chapter, 24);
        let file = file.to_str().expect("a path");
        let import = ["import", file, "--mapping", "online-retail"];
        let (undisturbed, whole) = calm.measure(&import);
        for _ in 0..IMPORT_TRIES {
            // Each goes on where the one before was killed, and has less to do.
            let after = moments.within(whole.mul_f64(0.6));
            let Some(told) = rough.kill(&import, after) else { break };
            import_hits += 1;
            println!("chapter {chapter}: import killed after {after:?} of {whole:?}");
            rough.is_whole();
            let told = told_settled(&told);
            assert!(rough.settled() >= told, "{told} rows were said to be settled");
            acknowledged += u64::from(told > 0);
        }
        let resumed = rough.json(&import);
        for figure in ["rows_read", "accepted", "skipped", "orders", "refunds", "order_sum", "refund_sum", "customers"]
        {
            assert_eq!(resumed[figure], undisturbed[figure], "{figure}");
        }

        // After the last order, so that all are counted; a month later each time, so that levels change.
        let day = format!("2012-{chapter:02}-10");
        let evaluate = ["evaluate", "--as-of", &day, "--pin"];
        let (undisturbed, whole) = calm.measure(&evaluate);
        for number in 0..EVALUATION_TRIES {
            // It writes at its end: every second kill is drawn from there.
            let half = whole / 2;
            let after = if number % 2 == 0 { half + moments.within(half) } else { moments.within(whole) };
            let Some(_) = rough.kill(&evaluate, after) else { break };
            evaluation_hits += 1;
            println!("chapter {chapter}: evaluation killed after {after:?} of {whole:?}");
            rough.is_whole();
            let written = rough.standings_of(&day);
            half_way += u64::from(written > 0 && written < calm.standings_of(&day));
        }
        let again = rough.json(&evaluate);
        assert_eq!(again["levels"], undisturbed["levels"]);
        assert_eq!(rough.stats(), calm.stats(), "after chapter {chapter}");
    }
    println!(
        "{engine:?}: {import_hits} imports killed, {acknowledged} of them after telling of rows that are settled; \
         {evaluation_hits} evaluations killed, {half_way} of them half-way"
    );
    assert!(import_hits >= IMPORT_KILLS, "only {import_hits} kills met an import at work");
    assert!(evaluation_hits >= EVALUATION_KILLS, "only {evaluation_hits} kills met an evaluation at work");
    assert!(acknowledged > 0, "no import was killed between two of its chunks");
    assert!(half_way > 0, "no evaluation was killed between two of its transactions");
    assert_eq!(rough.messages(), calm.messages(), "messages of changed levels");
    assert!(!calm.decisions().is_empty() && rough.decisions() == calm.decisions(), "each decision once");
    assert_eq!(rough.json(&["doctor"])["ok"], true);
}

#[test]
fn killed_at_twenty_moments_on_sqlite_nothing_is_lost_and_nothing_repeated() {
    killed_and_undisturbed_agree(Engine::Sqlite);
}

#[test]
fn killed_at_twenty_moments_on_postgresql_nothing_is_lost_and_nothing_repeated() {
    killed_and_undisturbed_agree(Engine::Postgres);
}
