//! What conditions about customers may speak of, and where each value stands in SQL.

use crate::headline::{NO_DAY, NO_SCORE, POTENTIAL};
use std::sync::OnceLock;
use uuid::Uuid;
use zunke_kernel::condition::{
    Aggregate, Behaviour, Binds, Catalogue, Columns, Field, FieldType, Measure, Scalar, Test,
};
use zunke_kernel::{Day, Zone};

/// The catalogue of this room, without the fields of the organisation's own making: those are in
/// [`crate::custom::catalogue`].
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue { fields: fields(), measures: measures() })
}

fn fields() -> Vec<Field> {
    use FieldType::{Bool, Choice, Day, Id, Integer, Level, Money, Number, Segment, Tags, Text};
    vec![
        Field::new("level", Level, "等级", "level"),
        Field::new("score", Number, "综合分", "score"),
        Field::new("net_spend", Money, "累计净消费", "net spend ever"),
        Field::new("orders", Integer, "累计订单数", "orders ever"),
        Field::new("last_order_day", Day, "最近下单日", "last order day"),
        Field::new("first_order_day", Day, "首次下单日", "first order day"),
        Field::new("recency", Integer, "R 分（最近消费）", "R grade (recency)"),
        Field::new("frequency", Integer, "F 分（消费频次）", "F grade (frequency)"),
        Field::new("monetary", Integer, "M 分（消费金额）", "M grade (monetary)"),
        Field::new("value_classes", Tags, "价值分类", "value classes"),
        Field::new("category", Id, "客户分类", "category").prefix("cat"),
        Field::new("potential", Number, "潜力", "potential"),
        Field::new("kind", Choice, "客户类型", "customer type")
            .choices(&[("person", "个人", "person"), ("company", "企业", "company")]),
        Field::new("status", Choice, "状态", "status")
            .choices(&[("active", "正常", "active"), ("archived", "已归档", "archived")]),
        Field::new("name", Text, "名称", "name"),
        Field::new("gender", Choice, "性别", "gender").choices(&[
            ("female", "女", "female"),
            ("male", "男", "male"),
            ("other", "其他", "other"),
        ]),
        Field::new("birthday", Day, "生日", "birthday"),
        Field::new("birthday_month", Integer, "生日月份", "month of birthday"),
        Field::new("region", Text, "地区", "region"),
        Field::new("city", Text, "城市", "city"),
        Field::new("source", Text, "来源", "source"),
        Field::new("joined_day", Day, "加入日期", "joining day"),
        Field::new("owner", Id, "客户经理", "account manager").prefix("stf"),
        Field::new("department", Id, "部门", "department").prefix("dep"),
        Field::new("has_phone", Bool, "有电话", "has a phone"),
        Field::new("has_email", Bool, "有邮箱", "has an e-mail address"),
        Field::new("tags", Tags, "标签", "tags"),
        Field::new("segment", Segment, "客群", "segment"),
    ]
}

fn measures() -> Vec<Measure> {
    use Aggregate::{Count, Days, DaysSince, Sum};
    use FieldType::{Integer, Money};
    vec![
        Measure::new("net_spend", Money, "净消费", "net spend", &[Sum]),
        Measure::new("spend", Money, "消费", "spend", &[Sum]),
        Measure::new("refunded", Money, "退款金额", "refunded amount", &[Sum]),
        Measure::new("orders", Integer, "订单", "orders", &[Count, Days, DaysSince]),
        Measure::new("refunds", Integer, "退款", "refunds", &[Count, Days, DaysSince]),
        Measure::new("interactions", Integer, "互动", "interactions", &[Count, Days, DaysSince]),
    ]
}

/// The fields and measures of customer `c` in a statement.
pub(crate) struct CustomerColumns<'a> {
    pub today: Day,
    pub zone: &'a Zone,
    /// Tests of our own fields that only few pass.
    pub few: Few<'a>,
}

/// Which tests of our own fields are looked up by their own index.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Few<'a> {
    These(&'a [Test]),
    /// All answers are needed, whatever is common.
    All,
}

impl Columns for CustomerColumns<'_> {
    fn today(&self) -> Day {
        self.today
    }

    fn test(&self, test: &Test, binds: &mut Binds) -> Option<String> {
        let few = match self.few {
            Few::All => true,
            Few::These(tests) => tests.contains(test),
        };
        crate::custom::test(test, self, few, binds)
    }

    fn field(&self, field: &str) -> String {
        let rfm = |grade: &str| format!("NULLIF({grade}, 0)");
        let known = |kind: &str| {
            format!(
                "(EXISTS (SELECT 1 FROM customer_identities i WHERE i.customer_id = c.customer_id AND i.kind = '{kind}'))"
            )
        };
        match field {
            "level" => "c.level_rank".to_owned(),
            "score" => format!("NULLIF(c.score, {NO_SCORE:?})"),
            "last_order_day" => format!("NULLIF(c.last_order_day, {NO_DAY})"),
            "first_order_day" => format!("NULLIF(c.first_order_day, {NO_DAY})"),
            "recency" => rfm("c.rfm / 100"),
            "frequency" => rfm("(c.rfm / 10) % 10"),
            "monetary" => rfm("c.rfm % 10"),
            "birthday_month" => "(c.birthday_md / 100)".to_owned(),
            "potential" => POTENTIAL.to_owned(),
            "owner" => "c.owner_id".to_owned(),
            "category" => "c.category_id".to_owned(),
            "department" => "c.department_id".to_owned(),
            "has_phone" => known("phone"),
            "has_email" => known("email"),
            // The rest stand under their own names: the catalogue is the list of what is let through.
            name => format!("c.{name}"),
        }
    }

    fn behaviour(&self, behaviour: &Behaviour, binds: &mut Binds) -> String {
        let kinds = match behaviour.measure.as_str() {
            "net_spend" => "a.kind IN ('order', 'refund')",
            "spend" | "orders" => "a.kind = 'order'",
            "refunded" | "refunds" => "a.kind = 'refund'",
            _ => "a.kind = 'interaction'",
        };
        let value = match (behaviour.aggregate, behaviour.measure.as_str()) {
            (Aggregate::Sum, "net_spend") => {
                "COALESCE(CAST(SUM(CASE WHEN a.kind = 'order' THEN a.amount ELSE -a.amount END) AS BIGINT), 0)"
            }
            (Aggregate::Sum, _) => "COALESCE(CAST(SUM(a.amount) AS BIGINT), 0)",
            (Aggregate::Count, _) => "COUNT(*)",
            (Aggregate::Days, _) => "COUNT(DISTINCT a.day)",
            (Aggregate::DaysSince, _) => "MAX(a.day)",
        };
        let today =
            (behaviour.aggregate == Aggregate::DaysSince).then(|| binds.put(Scalar::Int(i64::from(self.today.0))));
        let mut window = String::new();
        if let Some(days) = behaviour.window_days {
            let first = self.today.plus(1 - i32::try_from(days).unwrap_or(i32::MAX));
            let from = binds.put(Scalar::Int(self.zone.start_of(first).0));
            window = format!(" AND a.occurred_at >= {from}");
        }
        let until = binds.put(Scalar::Int(self.zone.start_of(self.today.plus(1)).0));
        let asked = format!(
            "(SELECT {value} FROM activities a WHERE a.customer_id = c.customer_id{window} AND a.occurred_at < {until} \
             AND {kinds})"
        );
        today.map_or(asked.clone(), |today| format!("({today} - {asked})"))
    }

    fn has_tag(&self, tag: Uuid, binds: &mut Binds) -> String {
        let tag = binds.put(Scalar::Id(tag));
        format!("EXISTS (SELECT 1 FROM customer_tags t WHERE t.customer_id = c.customer_id AND t.tag_id = {tag})")
    }
}
