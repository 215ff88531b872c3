//! Names, places and companies of the demo. Surnames come as often as in the census; nobody here is real.

use super::random::Random;

/// Surname and its share in per mille of the population (the hundred most frequent ones hold about 85 %).
const SURNAMES: [(&str, f64); 72] = [
    ("王", 72.0),
    ("李", 70.0),
    ("张", 64.0),
    ("刘", 51.0),
    ("陈", 45.0),
    ("杨", 31.0),
    ("黄", 22.0),
    ("赵", 20.0),
    ("吴", 19.0),
    ("周", 19.0),
    ("徐", 14.5),
    ("孙", 14.0),
    ("马", 13.0),
    ("朱", 12.6),
    ("胡", 12.0),
    ("郭", 11.5),
    ("何", 11.0),
    ("林", 10.8),
    ("高", 10.0),
    ("罗", 10.0),
    ("郑", 9.5),
    ("梁", 8.5),
    ("谢", 7.5),
    ("宋", 7.2),
    ("唐", 7.0),
    ("许", 6.8),
    ("邓", 6.5),
    ("韩", 6.4),
    ("冯", 6.3),
    ("曹", 6.0),
    ("彭", 5.8),
    ("曾", 5.6),
    ("肖", 5.5),
    ("田", 5.2),
    ("董", 5.2),
    ("潘", 5.0),
    ("袁", 4.9),
    ("蔡", 4.8),
    ("蒋", 4.7),
    ("余", 4.6),
    ("于", 4.5),
    ("杜", 4.5),
    ("叶", 4.4),
    ("程", 4.3),
    ("魏", 4.2),
    ("苏", 4.2),
    ("吕", 4.1),
    ("丁", 4.0),
    ("任", 3.9),
    ("卢", 3.8),
    ("姚", 3.8),
    ("沈", 3.7),
    ("钟", 3.6),
    ("姜", 3.5),
    ("崔", 3.4),
    ("谭", 3.4),
    ("陆", 3.3),
    ("范", 3.2),
    ("汪", 3.2),
    ("廖", 3.1),
    ("石", 3.0),
    ("金", 3.0),
    ("韦", 2.9),
    ("贾", 2.9),
    ("夏", 2.8),
    ("方", 2.7),
    ("邹", 2.7),
    ("熊", 2.6),
    ("白", 2.5),
    ("孟", 2.4),
    ("欧阳", 0.8),
    ("诸葛", 0.1),
];

const WOMEN: [&str; 60] = [
    "静", "丽", "婷", "敏", "颖", "欣", "慧", "琳", "雪", "洁", "梅", "芳", "霞", "秀英", "桂兰", "玉兰", "秀兰",
    "淑华", "雨桐", "子涵", "欣怡", "诗涵", "梓萱", "一诺", "思琪", "佳怡", "梦洁", "晓燕", "海燕", "丽娟", "雅婷",
    "文静", "嘉欣", "晓雯", "心怡", "若曦", "语嫣", "可馨", "舒涵", "美玲", "春梅", "红梅", "小红", "建华", "爱华",
    "玉梅", "凤英", "艳", "娜", "娟", "蓉", "薇", "倩", "璐", "瑶", "思颖", "宁", "清妍", "若琳", "芷若",
];

const MEN: [&str; 60] = [
    "伟", "强", "磊", "军", "勇", "杰", "涛", "明", "超", "辉", "刚", "鹏", "斌", "宇", "浩", "凯", "建国", "建军",
    "志强", "国强", "俊杰", "浩然", "子轩", "宇轩", "浩宇", "梓睿", "一鸣", "天佑", "文博", "志远", "俊豪", "嘉豪",
    "晓东", "海涛", "文杰", "永强", "德明", "国华", "家豪", "子豪", "明轩", "泽宇", "铭", "振华", "少华", "立新",
    "卫东", "学文", "思远", "博文", "绍辉", "启航", "毅", "峰", "亮", "洋", "波", "龙", "平", "青山",
];

/// Region (province), city, how many customers live there, and the sales area that looks after them.
pub const CITIES: [(&str, &str, f64, Area); 28] = [
    ("上海", "上海", 12.0, Area::East),
    ("江苏", "南京", 5.0, Area::East),
    ("江苏", "苏州", 5.5, Area::East),
    ("江苏", "无锡", 2.5, Area::East),
    ("浙江", "杭州", 7.0, Area::East),
    ("浙江", "宁波", 3.5, Area::East),
    ("浙江", "温州", 2.0, Area::East),
    ("安徽", "合肥", 2.5, Area::East),
    ("福建", "福州", 2.0, Area::South),
    ("福建", "厦门", 2.5, Area::South),
    ("广东", "广州", 7.5, Area::South),
    ("广东", "深圳", 9.0, Area::South),
    ("广东", "佛山", 2.5, Area::South),
    ("广东", "东莞", 2.5, Area::South),
    ("湖南", "长沙", 3.0, Area::South),
    ("湖北", "武汉", 4.0, Area::South),
    ("北京", "北京", 10.5, Area::North),
    ("天津", "天津", 3.0, Area::North),
    ("山东", "济南", 2.0, Area::North),
    ("山东", "青岛", 3.0, Area::North),
    ("河北", "石家庄", 1.5, Area::North),
    ("辽宁", "大连", 1.8, Area::North),
    ("辽宁", "沈阳", 1.8, Area::North),
    ("河南", "郑州", 2.5, Area::North),
    ("四川", "成都", 6.0, Area::West),
    ("重庆", "重庆", 4.0, Area::West),
    ("陕西", "西安", 3.5, Area::West),
    ("云南", "昆明", 1.8, Area::West),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    East,
    South,
    North,
    West,
}

impl Area {
    pub const ALL: [Self; 4] = [Self::East, Self::South, Self::North, Self::West];

    pub fn name(self) -> &'static str {
        match self {
            Self::East => "华东区",
            Self::South => "华南区",
            Self::North => "华北区",
            Self::West => "西部区",
        }
    }
}

const COMPANY_HEADS: [&str; 40] = [
    "恒信", "远达", "博雅", "盛世", "嘉禾", "鼎丰", "天成", "瑞祥", "华泽", "金谷", "明德", "启元", "万通", "新锐",
    "和顺", "汇智", "锦程", "东篱", "聚源", "海纳", "宏图", "智联", "佳美", "安泰", "凌云", "长青", "众诚", "优品",
    "正阳", "同创", "润泽", "星河", "百川", "晨光", "德润", "合众", "蓝海", "融汇", "泰和", "一品",
];

const COMPANY_TRADES: [&str; 16] = [
    "酒店管理",
    "信息科技",
    "商贸",
    "物业服务",
    "建筑装饰",
    "文化传媒",
    "餐饮管理",
    "教育咨询",
    "医疗器械",
    "国际旅行社",
    "会展服务",
    "电子商务",
    "供应链",
    "生物科技",
    "投资咨询",
    "机械设备",
];

pub fn surname(random: &mut Random) -> &'static str {
    random.weighted(&SURNAMES, |(_, share)| *share).0
}

pub fn person(random: &mut Random, female: bool) -> String {
    let surname = surname(random);
    format!("{surname}{}", random.pick(if female { &WOMEN } else { &MEN }))
}

pub fn company(random: &mut Random, city: &str) -> String {
    let head = random.pick(&COMPANY_HEADS);
    let trade = random.pick(&COMPANY_TRADES);
    format!("{city}{head}{trade}有限公司")
}
