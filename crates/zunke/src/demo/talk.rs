//! What is said: short conversations by phone, in WeChat, in the shop and on visits. `{}` is an article's name.

use zunke_customers::activity::Direction;

/// One kind of conversation: channel, direction, subject, text.
pub struct Talk {
    pub channel: &'static str,
    pub direction: Direction,
    pub subject: &'static str,
    pub body: &'static str,
}

const fn talk(channel: &'static str, direction: Direction, subject: &'static str, body: &'static str) -> Talk {
    Talk { channel, direction, subject, body }
}

use Direction::{Inbound, Outbound};

/// With people, about usual things.
pub const PEOPLE: [Talk; 14] = [
    talk("wechat", Inbound, "咨询规格", "客户问{}的规格和保质期，已发产品说明，客户表示会考虑。"),
    talk("wechat", Inbound, "催物流", "客户催{}的物流，已查询到明天送达，客户满意。"),
    talk("wechat", Outbound, "新品推荐", "给客户推荐{}，客户很感兴趣，说发工资后下单。"),
    talk("wechat", Outbound, "使用回访", "询问{}用得如何，客户说不错，会推荐给朋友。"),
    talk("wechat", Outbound, "生日祝福", "发送生日祝福和优惠券，客户回复谢谢，心情很好。"),
    talk("phone", Inbound, "发票", "客户要补开{}的电子发票，已发送到邮箱。"),
    talk("phone", Inbound, "改地址", "客户要求修改收货地址，已在系统中更新并确认。"),
    talk("phone", Inbound, "质量反馈", "客户反映{}外包装有破损，已道歉并补寄，客户表示理解。"),
    talk("phone", Outbound, "到货回访", "电话确认{}已收到，客户对包装很满意。"),
    talk("phone", Outbound, "沉睡唤醒", "客户近期没有下单，说最近比较忙，欢迎活动时再联系。"),
    talk("store", Inbound, "到店选购", "客户到店看了{}，对颜色比较在意，最后带走样品册。"),
    talk("store", Inbound, "换货", "客户到店换货，{}尺寸不合适，已当场更换。"),
    talk("store", Inbound, "会员咨询", "客户询问升级还差多少，已说明并推荐了{}。"),
    talk("email", Outbound, "活动邀请", "邮件邀请参加品鉴会，客户回复会带家人来。"),
];

/// With companies, about larger things.
pub const COMPANIES: [Talk; 9] = [
    talk("visit", Outbound, "季度拜访", "拜访采购负责人，了解下季度礼品需求，对{}有兴趣，需要报价。"),
    talk("visit", Outbound, "样品演示", "带{}样品上门，对方认可质量，希望价格再低一些。"),
    talk("visit", Outbound, "合同续签", "上门沟通年度框架合同，对方基本同意，下周走流程。"),
    talk("phone", Outbound, "报价跟进", "电话跟进{}的报价，对方说还在比较，约定下周再联系。"),
    talk("phone", Inbound, "加急订货", "对方急需一批{}，已协调仓库优先发货。"),
    talk("phone", Inbound, "对账", "财务来电核对上月账单，金额一致，已寄出发票。"),
    talk("wechat", Outbound, "节日方案", "发送节日礼品方案，含{}，对方转给领导看。"),
    talk("wechat", Inbound, "定制需求", "对方询问{}能否印制公司标志，已答复起订量和工期。"),
    talk("email", Outbound, "年度方案", "邮件发送年度员工福利方案，对方表示收到，月底前答复。"),
];

/// Before a refund.
pub const RETURNS: [&str; 6] = [
    "收到后颜色与图片不符，要求退货。",
    "不想要了，七天无理由退货。",
    "运输中破损，客户要求退款，已道歉。",
    "买多了，退一部分。",
    "尺寸不合适，客户选择退款后重新购买。",
    "送礼对象已有同款，退货。",
];
