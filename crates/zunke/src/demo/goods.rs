//! What the demo company sells: six product lines, and gifts for companies.

/// One article: code, name, price in whole yuan.
pub struct Article {
    pub sku: &'static str,
    pub name: &'static str,
    pub price: i64,
}

pub struct ProductLine {
    pub name: &'static str,
    /// How many people take to it.
    pub liked: f64,
    pub articles: &'static [Article],
}

macro_rules! articles {
    ($($sku:literal $name:literal $price:literal),+ $(,)?) => {
        &[$(Article { sku: $sku, name: $name, price: $price }),+]
    };
}

pub const LINES: [ProductLine; 6] = [
    ProductLine {
        name: "茶叶",
        liked: 1.0,
        articles: articles!("T101" "明前龙井 100克" 268, "T102" "武夷岩茶 250克" 398, "T103" "白毫银针 150克" 520,
            "T104" "祁门红茶 200克" 188, "T105" "陈皮普洱 357克" 328, "T106" "茉莉花茶 250克" 96),
    },
    ProductLine {
        name: "瓷器",
        liked: 0.6,
        articles: articles!("P201" "青瓷盖碗" 168, "P202" "手绘茶壶" 498, "P203" "景德镇餐具 28件" 1280,
            "P204" "汝窑茶具 8件" 860, "P205" "白瓷花瓶" 239, "P206" "马克杯对杯" 88),
    },
    ProductLine {
        name: "家纺",
        liked: 0.9,
        articles: articles!("H301" "长绒棉四件套" 499, "H302" "蚕丝被 2公斤" 1180, "H303" "乳胶枕 一对" 359,
            "H304" "珊瑚绒毯" 129, "H305" "纯棉浴巾 3条" 99, "H306" "亚麻窗帘" 680),
    },
    ProductLine {
        name: "小家电",
        liked: 0.7,
        articles: articles!("E401" "养生壶" 199, "E402" "破壁机" 799, "E403" "空气净化器" 1899,
            "E404" "恒温电热水壶" 249, "E405" "咖啡机" 1680, "E406" "桌面加湿器" 119),
    },
    ProductLine {
        name: "个护香氛",
        liked: 0.8,
        articles: articles!("C501" "桂花香薰" 158, "C502" "护手霜礼盒" 79, "C503" "草本洗护套装" 139,
            "C504" "山茶花精油" 228, "C505" "檀香线香" 68, "C506" "玫瑰身体乳" 118),
    },
    ProductLine {
        name: "节令礼盒",
        liked: 0.5,
        articles: articles!("G601" "中秋月饼礼盒" 298, "G602" "端午粽礼盒" 198, "G603" "年货大礼包" 588,
            "G604" "干果礼盒" 168, "G605" "滋补礼盒" 980, "G606" "茶点伴手礼" 88),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_article_has_its_own_code_and_a_price() {
        let mut codes: Vec<&str> = LINES.iter().flat_map(|line| line.articles).map(|article| article.sku).collect();
        assert!(LINES.iter().flat_map(|line| line.articles).all(|article| article.price > 0));
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
