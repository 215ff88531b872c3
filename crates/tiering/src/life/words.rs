//! What is said of a level's life, in both languages: what happened and why, and what to do by when.

use super::layers::{From, Layer};
use super::step::{Book, Event, Held, Kind};
use crate::explain::{Missing, Subject};
use crate::face;
use crate::ladder::Level;
use crate::rules::Rules;
use zunke_kernel::id::LevelId;
use zunke_kernel::{Day, Text};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day as people say it; the year is left out in Chinese where it is the running one.
#[must_use]
pub fn day(day: Day, today: Day) -> Text {
    let date = day.date();
    let year = if date.year() == today.year() { String::new() } else { format!("{} 年 ", date.year()) };
    let month = MONTHS[usize::try_from(date.month() - 1).unwrap_or(0).min(11)];
    Text::new(format!("{year}{} 月 {} 日", date.month(), date.day()), format!("{} {month} {}", date.day(), date.year()))
}

/// The name of a level, also of one that is gone.
#[must_use]
pub fn name(rules: &Rules, level: Option<LevelId>) -> Text {
    let Some(id) = level else { return Text::new("暂无等级", "no level") };
    let known = rules.levels.iter().find(|level| level.id == id);
    known.map_or_else(|| Text::new("原等级", "the former level"), |level| level.name.clone())
}

fn level(rules: &Rules, id: Option<LevelId>) -> Option<&Level> {
    rules.levels.iter().find(|level| Some(level.id) == id)
}

/// What is missing, short: “年消费还差 ¥3,200.00”.
#[must_use]
pub fn short(subject: &Subject<'_>, missing: &[Missing]) -> Text {
    let parts: Vec<Text> = missing
        .iter()
        .map(|row| {
            let (name, _) = subject.rules.fact_face(&row.fact).unwrap_or_else(|| (Text::new("该项", "it"), row.unit));
            let gap = face::value(row.gap, row.unit, subject.currency);
            if row.value.is_some_and(|value| value > row.threshold) {
                Text::new(format!("{}需减少 {}", name.zh, gap.zh), format!("{} is {} too much", name.en, gap.en))
            } else {
                Text::new(format!("{}还差 {}", name.zh, gap.zh), format!("{} is {} short", name.en, gap.en))
            }
        })
        .collect();
    let zh: Vec<&str> = parts.iter().map(|part| &*part.zh).collect();
    let en: Vec<&str> = parts.iter().map(|part| &*part.en).collect();
    Text::new(zh.join("、"), en.join(", "))
}

/// What is missing to keep the level held: the short words, or what is said where nothing is.
#[must_use]
pub fn missing_to_keep(subject: &Subject<'_>, held: &Held) -> Text {
    let missing = level(subject.rules, held.level).map(|level| subject.missing_to_keep(level)).unwrap_or_default();
    if missing.is_empty() {
        return Text::new("保级条件未达标", "its keep rule is not met");
    }
    short(subject, &missing)
}

/// The reason of an event. `subject` holds the facts as of the day on which it was judged, with the rank held then.
#[must_use]
pub fn reason(subject: &Subject<'_>, book: Option<&Book>, event: &Event) -> Text {
    let rules = subject.rules;
    let Event { before, after, .. } = event;
    let (from, to) = (name(rules, before.level), name(rules, after.level));
    let until = |end: Option<Day>| {
        let end = end.map(|end| day(end, event.day));
        end.map_or_else(Text::default, |end| {
            Text::new(format!("，有效期至 {}", end.zh), format!(", valid to {}", end.en))
        })
    };
    match event.kind {
        Kind::Entered | Kind::Raised | Kind::Moved => subject.sentence(),
        Kind::Renewed => {
            let end = until(after.keep_until);
            Text::new(format!("{}保级成功{}。", to.zh, end.zh), format!("{} is kept{}.", to.en, end.en))
        }
        Kind::Recovered => {
            let end = until(after.keep_until);
            Text::new(
                format!("重新达到{}的保级条件，观察期结束{}。", to.zh, end.zh),
                format!("{}: the keep rule is met again and the observation ends{}.", to.en, end.en),
            )
        }
        Kind::Returned => {
            let end = until(after.keep_until);
            Text::new(
                format!("重新达到{}的保级条件，恢复{}{}。", to.zh, to.zh, end.zh),
                format!("The keep rule of {} is met again, and the level is back{}.", to.en, end.en),
            )
        }
        Kind::Observed => {
            let missing = missing_to_keep(subject, after);
            let end = after.observe_until.map_or_else(Text::default, |end| day(end, event.day));
            Text::new(
                format!("{}进入观察期：{}，请在 {}前达到，否则将降级。", to.zh, missing.zh, end.zh),
                format!(
                    "{} is under observation: {}; please make it up by {}, or the level is lost.",
                    to.en, missing.en, end.en
                ),
            )
        }
        Kind::Lowered | Kind::Left => {
            let missing = missing_to_keep(subject, before);
            let back = after.fallen.zip(book).map(|(fallen, book)| {
                let last = day(fallen.on.plus(i32::from(book.life.return_days)), event.day);
                Text::new(
                    format!("在 {}前重新达到{}的保级条件即可恢复。", last.zh, from.zh),
                    format!(" Meeting the keep rule of {} again by {} brings it back.", from.en, last.en),
                )
            });
            let back = back.unwrap_or_default();
            Text::new(
                format!("观察期内未达到{}的保级条件（{}），{}变为{}。{}", from.zh, missing.zh, from.zh, to.zh, back.zh),
                format!("{} was not kept ({}) and becomes {}.{}", from.en, missing.en, to.en, back.en),
            )
        }
        Kind::Asked => {
            let wanted = name(rules, after.pending.map(|pending| pending.level));
            Text::new(
                format!("已达到{}的条件，等待审批。", wanted.zh),
                format!("The conditions of {} are met; the rise waits for approval.", wanted.en),
            )
        }
    }
}

/// What is said where the computed level changes beneath a level that a person has set.
#[must_use]
pub fn beneath(rules: &Rules, after: &Held, shown: Option<LevelId>) -> Text {
    let (to, shown) = (name(rules, after.level), name(rules, shown));
    Text::new(
        format!("系统计算的等级变为{}，当前仍按指定的{}执行。", to.zh, shown.zh),
        format!("The computed level becomes {}; the level set by hand, {}, still counts.", to.en, shown.en),
    )
}

/// What is said where a layer on top begins or ends.
#[must_use]
pub fn layered(rules: &Rules, from: From, layer: Option<&Layer>, shown: Option<LevelId>, today: Day) -> Text {
    let shown = name(rules, shown);
    let Some(layer) = layer else {
        return Text::new(
            format!("人工指定的等级已结束，按系统计算为{}。", shown.zh),
            format!("The level set by hand has ended; the computed level is {}.", shown.en),
        );
    };
    let until = layer.until.map(|until| day(until, today));
    let until = until
        .map_or_else(Text::default, |until| Text::new(format!("，至 {}", until.zh), format!(" until {}", until.en)));
    let reason = layer.reason.trim().trim_end_matches(['。', '.']);
    if from == From::Manual {
        Text::new(
            format!("人工设为{}{}：{reason}。", shown.zh, until.zh),
            format!("Set to {} by hand{}: {reason}.", shown.en, until.en),
        )
    } else {
        Text::new(
            format!("临时授予{}{}：{reason}。", shown.zh, until.zh),
            format!("{} is granted{}: {reason}.", shown.en, until.en),
        )
    }
}

/// The sentence about a level that is held: how long, and whether it will be kept as things stand.
#[must_use]
pub fn standing(subject: &Subject<'_>, held: &Held, kept: bool, today: Day) -> Option<Text> {
    let level = name(subject.rules, held.level);
    let score = face::number(subject.assessment.score);
    let tail = Text::new(format!("综合评分 {score} 分。"), format!("Composite score {score}."));
    if let Some(until) = held.observe_until {
        let (missing, until) = (missing_to_keep(subject, held), day(until, today));
        return Some(Text::new(
            format!("{}观察期：{}，请在 {}前达到；{}", level.zh, missing.zh, until.zh, tail.zh),
            format!("{} is under observation: {}; to be made up by {}. {}", level.en, missing.en, until.en, tail.en),
        ));
    }
    let until = day(held.keep_until?, today);
    let state =
        if kept { Text::new("保级条件已达标", "the keep rule is met") } else { missing_to_keep(subject, held) };
    Some(Text::new(
        format!("{}有效期至 {}：{}；{}", level.zh, until.zh, state.zh, tail.zh),
        format!("{} is held to {}: {}. {}", level.en, until.en, state.en, tail.en),
    ))
}
