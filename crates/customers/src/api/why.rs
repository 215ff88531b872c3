//! `/customers/{id}/why`: why somebody sees a customer, or does not, step by step.

use crate::query::CustomerQuery;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zunke_access::rights::FIELDS;
use zunke_access::{Can, Deed, FieldRight, FieldRights, Permission, Reach, Scope, directory, may};
use zunke_http::{App, Path, Query, ReadProblems, Result};
use zunke_kernel::id::{CustomerId, StaffId};
use zunke_kernel::{Error, Text};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Whose sight it is about.
    staff_id: StaffId,
}

/// One thing that must be so.
#[derive(Serialize, ToSchema)]
#[schema(as = WhyStep)]
pub(super) struct Step {
    /// `active`, `permission`, `reach`, `levels`, `edit`, `fields` or `archived`.
    step: &'static str,
    /// Whether it lets him through.
    ok: bool,
    text: Text,
}

/// Why somebody sees a customer, or does not.
#[derive(Serialize, ToSchema)]
#[schema(as = Why)]
pub(super) struct Why {
    /// Whether he sees the customer at all.
    sees: bool,
    edits: bool,
    steps: Vec<Step>,
}

fn step(step: &'static str, ok: bool, zh: impl Into<String>, en: impl Into<String>) -> Step {
    Step { step, ok, text: Text::new(zh.into(), en.into()) }
}

/// Why a member of staff sees a customer, or does not: his login, his permission, his reach, the levels that he sees, what he
/// may change, and the fields kept from him. In the audit record.
#[utoipa::path(get, path = "/customers/{id}/why", tag = "customers", operation_id = "explain_customer_access",
    params(("id" = CustomerId, Path), Asked), responses((status = 200, body = Why), ReadProblems))]
pub(super) async fn why(
    State(app): State<App>,
    can: Can<may::ManageStaff>,
    Path(id): Path<CustomerId>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Why>> {
    let (now, by) = (app.now(), can.staff);
    let scope = can.scope.clone();
    let told =
        app.db
            .write_async(move |tx| {
                let customer = CustomerQuery::new(&scope).find(tx, id)?;
                let Some(other) = directory::standing(tx, asked.staff_id, now)? else {
                    return Err(Error::invalid("staff_unknown", "没有该员工。", "There is no such member of staff.")
                        .at("staff_id"));
                };
                let subject = id.to_string();
                let detail = serde_json::json!({ "staff_id": asked.staff_id });
                zunke_store::audit::write(tx, now, Some(by), "customer.why", &subject, &detail)?;
                let rank = customer.headline.level_rank;
                let mut steps = vec![
                    step(
                        "active",
                        other.active,
                        if other.active { "账号已启用。" } else { "账号已停用，不能登录。" },
                        if other.active { "The account is active." } else { "The account is not active: no login." },
                    ),
                    permission(other.granted.permissions.has(Permission::ReadCustomers)),
                ];
                let near = Scope { levels: zunke_access::LevelReach::All, ..other.scope.clone() };
                let within = near.sees(customer.owner_id, customer.department_id, rank);
                steps.push(reach(&other.scope, within));
                let level = other.scope.levels.holds(rank);
                steps.push(levels(rank, level));
                let sees = steps.iter().all(|step| step.ok);
                if customer.status == crate::profile::Status::Archived {
                    steps.push(step(
                        "archived",
                        true,
                        "该客户已归档：列表默认不显示，筛选状态可见。",
                        "The customer is archived: lists leave archived ones out unless asked for them.",
                    ));
                }
                let deed = other.scope.require(Deed::Edit, rank).is_ok();
                let edits = sees && deed && other.granted.permissions.has(Permission::EditCustomers);
                steps.push(step(
                    "edit",
                    edits,
                    if edits {
                        "可以修改该客户。"
                    } else {
                        "不能修改该客户（无编辑权限，或该等级不可修改）。"
                    },
                    if edits {
                        "May change the customer."
                    } else {
                        "May not change the customer: no permission, or not at this level."
                    },
                ));
                steps.push(fields(&other.granted.fields));
                Ok(Why { sees, edits, steps })
            })
            .await?;
    Ok(axum::Json(told))
}

fn permission(has: bool) -> Step {
    if has {
        return step("permission", true, "角色有“查看客户”权限。", "The role may see customers.");
    }
    step(
        "permission",
        false,
        "角色或小组没有“查看客户”权限。",
        "Neither role nor groups let this person see customers.",
    )
}

fn reach(scope: &Scope, within: bool) -> Step {
    let (zh, en) = match &scope.reach {
        Reach::All => ("全部客户", "all customers"),
        Reach::Own(_) if scope.stands_in.is_empty() => ("本人负责的客户", "customers of one's own"),
        Reach::Own(_) => {
            ("本人、小组成员及代理同事负责的客户", "one's own, the groups' and those of whom one stands in for")
        }
        Reach::Department(all) if all.is_empty() => {
            ("本部门客户，但未设置部门", "the department's, but there is no department")
        }
        Reach::Department(all) if all.len() == 1 => ("本部门客户", "customers of the department"),
        Reach::Department(_) => ("本部门及下级部门客户", "customers of the department and below"),
    };
    let (in_zh, in_en) = if within {
        ("该客户在范围内", "the customer is among them")
    } else {
        ("该客户不在范围内", "the customer is not among them")
    };
    step("reach", within, format!("范围：{zh}，{in_zh}。"), format!("Reach: {en}; {in_en}."))
}

fn levels(rank: i64, ok: bool) -> Step {
    let at = if rank == 0 {
        ("暂无等级".to_owned(), "no level yet".to_owned())
    } else {
        (format!("第 {rank} 级"), format!("level {rank}"))
    };
    let (zh, en) =
        if ok { ("可见", "seen") } else { ("对此人或其角色不可见", "kept from this person or the role") };
    step("levels", ok, format!("客户等级：{}，{zh}。", at.0), format!("The customer's level: {}, {en}.", at.1))
}

/// The fields of every customer in both languages, as [`FIELDS`] names them.
const LABELS: [(&str, &str, &str); FIELDS.len()] = [
    ("gender", "性别", "gender"),
    ("birthday", "生日", "birthday"),
    ("region", "地区", "region"),
    ("city", "城市", "city"),
    ("note", "备注", "note"),
    ("source", "来源", "source"),
    ("joined_day", "加入日期", "joining day"),
    ("phones", "电话", "telephone numbers"),
    ("emails", "邮箱", "e-mail addresses"),
    ("external_ids", "外部编号", "ids of other systems"),
];

fn fields(rights: &FieldRights) -> Step {
    let kept = LABELS.iter().filter(|(field, ..)| rights.of(field) < FieldRight::Read);
    let (mut zh, mut en): (Vec<&str>, Vec<&str>) = kept.map(|(_, zh, en)| (*zh, *en)).unzip();
    if rights.others < FieldRight::Read {
        zh.push("未单独设置的自定义字段");
        en.push("own fields that are not named");
    }
    if zh.is_empty() {
        return step("fields", true, "没有看不到的字段。", "No field is kept from view.");
    }
    step("fields", false, format!("看不到的字段：{}。", zh.join("、")), format!("Kept from view: {}.", en.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_a_role_may_lack_has_its_words() {
        assert_eq!(LABELS.map(|(field, ..)| field), FIELDS);
    }
}
