//! Suggests a mapping from the names of the columns, in Chinese and English.

use super::mapping::{Cancellation, Field, Kind, Mapping};
use super::reader::{Inspection, ReadOptions, Shape};
use super::values::{self, DateOrder, fold};
use std::collections::BTreeMap;

/// Words for each field, best first, folded (lower case, no spaces or marks).
const WORDS: &[(Field, &[&str])] = &[
    (
        Field::Id,
        &[
            "订单号",
            "订单编号",
            "单号",
            "发票号",
            "单据号",
            "单据编号",
            "交易号",
            "交易单号",
            "流水号",
            "小票号",
            "主订单编号",
            "子订单号",
            "退款单号",
            "invoiceno",
            "invoice",
            "invoicenumber",
            "orderid",
            "orderno",
            "ordernumber",
            "transactionid",
            "receiptno",
            "billno",
            "记录编号",
            "记录号",
            "互动编号",
            "activityid",
            "ticketid",
        ],
    ),
    (
        Field::CustomerId,
        &[
            "客户编号",
            "客户号",
            "客户id",
            "客户编码",
            "客户代码",
            "会员号",
            "会员编号",
            "会员id",
            "会员卡号",
            "卡号",
            "顾客编号",
            "用户id",
            "用户编号",
            "买家id",
            "买家会员名",
            "customerid",
            "customerno",
            "customernumber",
            "customercode",
            "memberid",
            "memberno",
            "clientid",
            "userid",
            "buyerid",
            "customer",
        ],
    ),
    (
        Field::Phone,
        &[
            "手机号",
            "手机",
            "手机号码",
            "联系电话",
            "电话",
            "电话号码",
            "联系方式",
            "收货人手机",
            "收货人手机号",
            "会员手机",
            "客户手机",
            "客户电话",
            "phone",
            "mobile",
            "mobilephone",
            "phonenumber",
            "tel",
            "telephone",
            "cellphone",
        ],
    ),
    (Field::Email, &["邮箱", "电子邮箱", "电子邮件", "邮件", "email", "emailaddress", "mail"]),
    (
        Field::CustomerName,
        &[
            "姓名",
            "客户姓名",
            "客户名称",
            "客户名",
            "客户",
            "会员姓名",
            "会员名称",
            "会员名",
            "顾客姓名",
            "顾客",
            "公司名称",
            "企业名称",
            "单位名称",
            "买家姓名",
            "收货人",
            "收货人姓名",
            "联系人",
            "名称",
            "name",
            "customername",
            "fullname",
            "membername",
            "company",
            "companyname",
            "buyername",
        ],
    ),
    (
        Field::OccurredAt,
        &[
            "下单时间",
            "订单时间",
            "订单创建时间",
            "创建时间",
            "成交时间",
            "付款时间",
            "支付时间",
            "订单付款时间",
            "交易时间",
            "消费时间",
            "购买时间",
            "销售时间",
            "开票日期",
            "下单日期",
            "订单日期",
            "交易日期",
            "消费日期",
            "购买日期",
            "销售日期",
            "单据日期",
            "退款时间",
            "互动时间",
            "沟通时间",
            "拜访时间",
            "发生时间",
            "联系时间",
            "时间",
            "日期",
            "invoicedate",
            "orderdate",
            "ordertime",
            "orderedat",
            "createdat",
            "paidat",
            "transactiondate",
            "purchasedate",
            "date",
            "datetime",
            "time",
            "timestamp",
            "occurredat",
        ],
    ),
    (Field::OccurredTime, &["时刻", "下单时刻", "交易时刻", "ordertimeofday"]),
    (
        Field::Amount,
        &[
            "实付金额",
            "实付",
            "实收金额",
            "实收",
            "实际支付金额",
            "买家实际支付金额",
            "订单金额",
            "订单总额",
            "支付金额",
            "付款金额",
            "成交金额",
            "消费金额",
            "销售金额",
            "交易金额",
            "总金额",
            "金额",
            "总价",
            "小计",
            "合计",
            "销售额",
            "退款金额",
            "amount",
            "total",
            "totalamount",
            "orderamount",
            "paid",
            "paidamount",
            "sales",
            "netamount",
            "revenue",
            "linetotal",
            "subtotal",
            "dollars",
        ],
    ),
    (
        Field::Quantity,
        &["数量", "件数", "商品数量", "购买数量", "销售数量", "宝贝总数量", "quantity", "qty", "count", "units"],
    ),
    (
        Field::UnitPrice,
        &["单价", "商品单价", "销售单价", "成交单价", "价格", "售价", "unitprice", "price", "priceeach"],
    ),
    (
        Field::Sku,
        &[
            "商品编码",
            "商品编号",
            "商品代码",
            "货号",
            "条码",
            "商品条码",
            "sku",
            "sku编码",
            "skuid",
            "商家编码",
            "stockcode",
            "productid",
            "productcode",
            "itemno",
            "itemcode",
            "product",
            "商品",
            "商品名称",
        ],
    ),
    (
        Field::Category,
        &["品类", "类目", "商品类别", "商品分类", "分类", "产品线", "category", "productcategory", "productline"],
    ),
    (Field::Currency, &["币种", "货币", "currency", "currencycode"]),
    (
        Field::Channel,
        &[
            "渠道",
            "销售渠道",
            "来源渠道",
            "订单来源",
            "门店",
            "门店名称",
            "店铺",
            "店铺名称",
            "沟通方式",
            "联系渠道",
            "互动方式",
            "channel",
            "store",
            "shop",
        ],
    ),
    (
        Field::OfOrder,
        &["原订单号", "原单号", "关联订单号", "原始订单号", "originalorder", "originalorderid", "oforder"],
    ),
    (Field::CustomerKind, &["客户类型", "客户性质", "会员类型", "customertype", "customerkind"]),
    (Field::CustomerCategory, &["客户分类", "客户类别", "客户分组", "customercategory", "customergroup"]),
    (Field::Gender, &["性别", "gender", "sex"]),
    (Field::Birthday, &["生日", "出生日期", "出生年月日", "birthday", "birthdate", "dateofbirth", "dob"]),
    (
        Field::Region,
        &["省份", "省", "地区", "区域", "所在省份", "所在地区", "国家", "region", "province", "state", "country"],
    ),
    (Field::City, &["城市", "市", "所在城市", "city"]),
    (Field::Note, &["备注", "客户备注", "说明", "note", "notes", "remark", "remarks", "comment"]),
    (
        Field::JoinedDay,
        &[
            "入会日期",
            "入会时间",
            "注册时间",
            "注册日期",
            "加入日期",
            "加入时间",
            "开卡日期",
            "建档日期",
            "joined",
            "joindate",
            "joineddate",
            "registeredat",
            "signupdate",
        ],
    ),
    (Field::Direction, &["方向", "呼叫方向", "呼入呼出", "direction"]),
    (Field::Subject, &["主题", "标题", "事由", "subject", "title"]),
    (Field::Body, &["内容", "沟通内容", "互动内容", "拜访内容", "详情", "记录", "content", "text", "body", "message"]),
];

/// Whether a column name is one that the product knows.
#[must_use]
pub fn known(name: &str) -> bool {
    let name = bare(name);
    WORDS.iter().any(|(_, words)| words.contains(&name.as_str()))
        || ["description", "品名", "规格", "序号", "状态", "订单状态"].contains(&name.as_str())
}

/// A name without its unit in brackets: `金额(元)`.
fn bare(name: &str) -> String {
    let name = values::narrow(name);
    let cut = name.find(['(', '[', '【']).filter(|at| *at > 0).unwrap_or(name.len());
    let bare = fold(&name[..cut]);
    if bare.is_empty() { fold(&name) } else { bare }
}

/// A mapping to start from: what the names and the first rows tell. The person confirms it.
#[must_use]
pub fn suggest(inspection: &Inspection, file_name: &str) -> Mapping {
    if let Some(mut mapping) = built_in(&inspection.shape) {
        if year_first(inspection, &mapping) {
            mapping.date_order = DateOrder::Ymd;
        }
        return mapping;
    }
    let names: Vec<String> = inspection.shape.columns.iter().map(|column| bare(column)).collect();
    let mut columns: BTreeMap<Field, String> = BTreeMap::new();
    let mut taken = vec![false; names.len()];
    // Better words first over all fields, so that 客户 as a name gives way to 客户编号.
    let longest = WORDS.iter().map(|(_, words)| words.len()).max().unwrap_or(0);
    for place in 0..longest {
        for (field, words) in WORDS {
            let Some(word) = words.get(place) else { continue };
            if columns.contains_key(field) {
                continue;
            }
            if let Some(at) = names.iter().enumerate().position(|(at, name)| name == word && !taken[at]) {
                taken[at] = true;
                columns.insert(*field, inspection.shape.columns[at].clone());
            }
        }
    }
    let has = |field: Field| columns.contains_key(&field);
    let kind = if has(Field::Id) && has(Field::OccurredAt) && (has(Field::Amount) || has(Field::UnitPrice)) {
        if repeats(inspection, columns.get(&Field::Id)) { Kind::OrderLines } else { Kind::Orders }
    } else if has(Field::OccurredAt) && (has(Field::Body) || has(Field::Subject)) {
        Kind::Interactions
    } else {
        Kind::Customers
    };
    columns.retain(|field, _| fits(*field, kind));
    // With a line per row the line's own price counts; a total of the order repeats on every line.
    if kind == Kind::OrderLines && columns.contains_key(&Field::UnitPrice) && columns.contains_key(&Field::Quantity) {
        columns.remove(&Field::Amount);
    }
    let ids =
        [Field::CustomerId, Field::Id].map(|field| columns.get(&field).and_then(|name| inspection.shape.column(name)));
    let drop_zero = ids.iter().flatten().any(|at| {
        let cells: Vec<&String> =
            inspection.sample.iter().filter_map(|row| row.get(*at)).filter(|cell| !cell.is_empty()).collect();
        !cells.is_empty()
            && cells
                .iter()
                .all(|cell| cell.strip_suffix(".0").is_some_and(|whole| whole.bytes().all(|b| b.is_ascii_digit())))
    });
    let date_order = columns
        .get(&Field::OccurredAt)
        .and_then(|name| inspection.shape.column(name))
        .map_or(DateOrder::Ymd, |at| order_of(inspection, at));
    Mapping {
        kind,
        source: source_of(file_name),
        columns,
        fields: BTreeMap::new(),
        constants: BTreeMap::new(),
        date_order,
        time_zone: None,
        cancellation: Cancellation { id_prefix: None, negative: matches!(kind, Kind::Orders | Kind::OrderLines) },
        drop_zero,
        skip: None,
        read: ReadOptions::default(),
    }
}

fn built_in(shape: &Shape) -> Option<Mapping> {
    Mapping::BUILT_IN
        .iter()
        .filter_map(|name| Mapping::built_in(name))
        .find(|mapping| mapping.columns.values().all(|column| shape.columns.contains(column)))
}

fn fits(field: Field, kind: Kind) -> bool {
    use Field as F;
    match field {
        F::CustomerId
        | F::CustomerName
        | F::Phone
        | F::Email
        | F::CustomerKind
        | F::Gender
        | F::Birthday
        | F::Region
        | F::City => true,
        F::Note | F::JoinedDay | F::CustomerCategory => kind == Kind::Customers,
        F::Id | F::OccurredAt | F::OccurredTime | F::Channel => kind != Kind::Customers,
        F::Amount | F::Quantity | F::UnitPrice | F::Sku | F::Category | F::Currency | F::OfOrder => {
            matches!(kind, Kind::Orders | Kind::OrderLines)
        }
        F::Direction | F::Subject | F::Body => kind == Kind::Interactions,
    }
}

/// Whether the ids of the sample repeat: then a row is a line of an order.
fn repeats(inspection: &Inspection, column: Option<&String>) -> bool {
    let Some(at) = column.and_then(|name| inspection.shape.column(name)) else { return false };
    let ids: Vec<&String> =
        inspection.sample.iter().filter_map(|row| row.get(at)).filter(|id| !id.is_empty()).collect();
    let distinct = ids.iter().collect::<std::collections::HashSet<_>>().len();
    ids.len() >= 2 && distinct * 10 < ids.len() * 9
}

/// Whether the dates of the sample begin with their year, whatever the known file of that shape does.
fn year_first(inspection: &Inspection, mapping: &Mapping) -> bool {
    let column = mapping.columns.get(&Field::OccurredAt).and_then(|name| inspection.shape.column(name));
    let Some(at) = column else { return false };
    let mut dates = inspection.sample.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty()).peekable();
    dates.peek().is_some()
        && dates.all(|cell| {
            let figures = cell.bytes().take_while(u8::is_ascii_digit).count();
            figures == 4 && cell[figures..].starts_with(['-', '/', '.', '年'])
        })
}

/// The one order under which all dates of the sample can be read; year first where it does not matter.
fn order_of(inspection: &Inspection, at: usize) -> DateOrder {
    let zone = zunke_kernel::Zone::default();
    let good = |order| {
        let clock = values::Clock { zone: zone.clone(), order, from_1904: inspection.shape.from_1904 };
        inspection
            .sample
            .iter()
            .filter_map(|row| row.get(at))
            .filter(|cell| !cell.is_empty())
            .filter(|cell| values::day(cell, &clock).is_ok())
            .count()
    };
    [DateOrder::Ymd, DateOrder::Mdy, DateOrder::Dmy]
        .into_iter()
        .rev()
        .max_by_key(|order| good(*order))
        .unwrap_or_default()
}

/// A source name from the file's name, without its dates: `订单2026-11.csv` and `订单2026-12.csv` are one source.
fn source_of(file_name: &str) -> String {
    let stem = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let stem = stem.split('.').next().unwrap_or(stem);
    let name: String = stem.chars().map(|sign| if sign.is_alphabetic() { sign } else { ' ' }).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join("-");
    if name.is_empty() { "import".to_owned() } else { name.chars().take(20).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::Format;

    fn inspection(columns: &[&str], sample: &[&[&str]]) -> Inspection {
        let own = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        Inspection {
            shape: Shape {
                format: Format::Csv,
                packed: false,
                encoding: None,
                delimiter: None,
                sheet: None,
                header_row: 1,
                columns: own(columns),
                from_1904: false,
            },
            sheets: Vec::new(),
            rows: sample.len() as u64,
            broken_rows: 0,
            sample: sample.iter().map(|row| own(row)).collect(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn chinese_order_files_are_understood() {
        let found = inspection(
            &["订单编号", "会员号", "客户姓名", "手机号码", "下单时间", "实付金额(元)", "门店", "备注"],
            &[
                &["A1", "1", "王", "138", "2026-01-02", "3", "x", ""],
                &["A2", "2", "李", "139", "2026-01-02", "3", "x", ""],
            ],
        );
        let mapping = suggest(&found, "订单2026-11.csv");
        assert_eq!((mapping.kind, mapping.source.as_str()), (Kind::Orders, "订单"));
        for (field, column) in [
            (Field::Id, "订单编号"),
            (Field::CustomerId, "会员号"),
            (Field::CustomerName, "客户姓名"),
            (Field::Phone, "手机号码"),
            (Field::OccurredAt, "下单时间"),
            (Field::Amount, "实付金额(元)"),
            (Field::Channel, "门店"),
        ] {
            assert_eq!(mapping.columns.get(&field).map(String::as_str), Some(column));
        }
        assert!(!mapping.columns.contains_key(&Field::Note));
        assert!(mapping.faults().is_empty());
    }

    #[test]
    fn online_retail_and_its_like_are_lines_of_orders() {
        let columns =
            ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];
        assert_eq!(Some(suggest(&inspection(&columns, &[]), "x.csv")), Mapping::built_in("online-retail"));
        let dated = |day: &'static str| {
            let row = ["536365", "85123A", "heart", "6", day, "2.55", "17850", "United Kingdom"];
            suggest(&inspection(&columns, &[&row]), "x.csv").date_order
        };
        assert_eq!(dated("2026-01-02"), DateOrder::Ymd);
        assert_eq!(dated("2026/1/2 8:26"), DateOrder::Ymd);
        assert_eq!(dated("12/1/2010 8:26"), DateOrder::Mdy);
        let found = inspection(
            &["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID"],
            &[
                &["1", "a", "1", "12/1/2010 8:26", "2.5", "17850.0"],
                &["1", "b", "1", "12/13/2010 8:26", "2.5", "17850.0"],
            ],
        );
        let mapping = suggest(&found, "retail.csv");
        assert_eq!((mapping.kind, mapping.drop_zero, mapping.date_order), (Kind::OrderLines, true, DateOrder::Mdy));
    }

    #[test]
    fn customer_and_interaction_files_are_told_apart() {
        let mapping = suggest(&inspection(&["姓名", "手机", "性别", "生日", "注册时间", "备注"], &[]), "会员.xlsx");
        assert_eq!((mapping.kind, mapping.columns.len()), (Kind::Customers, 6));
        let mapping = suggest(&inspection(&["客户编号", "沟通时间", "沟通方式", "沟通内容"], &[]), "拜访.xlsx");
        assert_eq!((mapping.kind, mapping.columns.len()), (Kind::Interactions, 4));
    }
}
