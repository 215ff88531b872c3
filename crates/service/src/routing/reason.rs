//! Why somebody was taken or not, in the words of a reader.

use serde::{Deserialize, Serialize};
use zunke_kernel::Text;

/// Why somebody, or a group, could not be given a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    HandedBack,
    Inactive,
    LevelHidden,
    Lacks(String),
    Absent,
    OffShift,
    Busy,
    Away,
    Offline,
    Full { load: i64, capacity: i64 },
    NoMembers,
    NobodyFree,
}

impl Refusal {
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::HandedBack => Text::new("已退回过该工单", "handed this ticket back"),
            Self::Inactive => {
                Text::new("账号已停用，或其角色不处理工单", "no longer active, or not a role that works on tickets")
            }
            Self::LevelHidden => Text::new("无权查看该等级的客户", "may not see customers of this level"),
            Self::Lacks(skill) => Text::new(format!("缺少技能：{skill}"), format!("lacks the skill {skill}")),
            Self::Absent => Text::new("请假中", "absent"),
            Self::OffShift => Text::new("不在班次内", "not on shift"),
            Self::Busy => Text::new("忙碌", "busy"),
            Self::Away => Text::new("暂离", "away"),
            Self::Offline => Text::new("不在岗", "not there"),
            Self::Full { load, capacity } => {
                Text::new(format!("已满：{load}/{capacity}"), format!("full: {load} of {capacity}"))
            }
            Self::NoMembers => Text::new("组内没有成员", "has no members"),
            Self::NobodyFree => Text::new("组内暂无可接单的人", "nobody in it can take it now"),
        }
    }
}

/// Why it went where it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Manager,
    Deputy,
    GroupQueue {
        group: String,
        free: usize,
    },
    /// Given to the one with the most room, in a group or anywhere.
    MostRoom {
        group: Option<String>,
    },
    /// Nobody can take it now.
    Waits {
        group: Option<String>,
        skills: Vec<String>,
    },
    NoStaff,
    /// It waited too long in its group.
    Overflow {
        from: String,
        to: String,
        minutes: i64,
    },
}

impl Reason {
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Manager => Text::new("专属客户经理在岗，直接分给他", "the dedicated manager is there"),
            Self::Deputy => Text::new("专属客户经理不能接，由代理人接", "the manager cannot take it; his deputy does"),
            Self::GroupQueue { group, free } => Text::new(
                format!("进入“{group}”的排队，组内 {free} 人可接"),
                format!("waits in “{group}”, where {free} can take it"),
            ),
            Self::MostRoom { group: Some(group) } => {
                Text::new(format!("“{group}”中最有余力的人"), format!("the one with the most room in “{group}”"))
            }
            Self::MostRoom { group: None } => Text::new(
                "所属组无人可接，分给最有余力的合适人选",
                "nobody in its group; the one with the most room elsewhere",
            ),
            Self::Waits { group, skills } => {
                let zh = group.as_ref().map_or_else(|| "公共排队".to_owned(), |name| format!("“{name}”的排队"));
                let en = group.as_ref().map_or_else(|| "everybody's queue".to_owned(), |name| format!("“{name}”"));
                let (zh_need, en_need) = if skills.is_empty() {
                    (String::new(), String::new())
                } else {
                    let list = skills.join(", ");
                    (format!("（需要：{list}）"), format!(" (needs {list})"))
                };
                Text::new(
                    format!("暂无人可接{zh_need}，留在{zh}"),
                    format!("nobody can take it now{en_need}; it waits in {en}"),
                )
            }
            Self::NoStaff => Text::new(
                "还没有处理工单的人，留在公共排队",
                "nobody works on tickets yet; it waits in everybody's queue",
            ),
            Self::Overflow { from, to, minutes } => Text::new(
                format!("在“{from}”等候满 {minutes} 分钟，转到“{to}”"),
                format!("waited {minutes} minutes in “{from}”, moved on to “{to}”"),
            ),
        }
    }
}
