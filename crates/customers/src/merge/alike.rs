//! How like two entries are: names that are the same, sound the same, differ by one character or by what kind of company
//! it is; birthdays, places, and numbers that differ only in the codes before them.

use super::find::Entry;
use zunke_kernel::Text;

/// From here on two are shown.
pub(super) const SCORE_MIN: u32 = 60;
/// From here on it is hardly a chance.
pub(super) const SURE: u32 = 85;

/// What kind of company it is, said at the end of a name; the longer ones first.
const KINDS: [&str; 18] = [
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "公司",
    "集团",
    "股份",
    "incorporated",
    "corporation",
    "limited",
    "company",
    "corp",
    "inc",
    "ltd",
    "co",
];

/// A company's name without what kind of company it is.
pub(super) fn stem(name: &str) -> String {
    let mut stem: String = name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    loop {
        let Some(kind) = KINDS.iter().find(|kind| stem.ends_with(*kind) && stem.len() > kind.len()) else {
            return stem;
        };
        stem.truncate(stem.len() - kind.len());
    }
}

/// Whether two names are the same but for one character that is another, is missing or is too many.
fn one_off(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > 1 || one.len().min(other.len()) < 2 {
        return false;
    }
    let before = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let after = one[before..].iter().rev().zip(other[before..].iter().rev()).take_while(|(one, other)| one == other);
    let rest = one.len().max(other.len()) - before - after.count();
    rest == 1
}

/// Two names and how much they say; `None` where they say nothing.
fn names(one: &Entry, other: &Entry) -> Option<(u32, Text)> {
    let company = one.kind == "company";
    if one.name == other.name {
        let text =
            if company { Text::new("名称相同", "Same name") } else { Text::new("姓名相同", "Same name") };
        return Some((if company { 70 } else { 45 }, text));
    }
    if company && stem(&one.name) == stem(&other.name) {
        return Some((60, Text::new("名称只差公司后缀", "Names differ only in the kind of company")));
    }
    if !one.sound.is_empty() && one.sound == other.sound {
        return Some((if company { 45 } else { 30 }, Text::new("姓名读音相同", "Names sound the same")));
    }
    one_off(&one.name, &other.name).then(|| (25, Text::new("姓名只差一个字", "Names differ by one character")))
}

/// Score and reasons; `None` for two who are not alike enough, or cannot be one.
pub(super) fn judge(one: &Entry, other: &Entry) -> Option<(u32, Vec<Text>)> {
    if one.kind != other.kind {
        return None;
    }
    // Two birthdays that differ are two people.
    if one.birthday.is_some() && other.birthday.is_some() && one.birthday != other.birthday {
        return None;
    }
    // Names that sound different say something of two people of one birthday only; most neighbours end here.
    let same_day = one.birthday.is_some() && one.birthday == other.birthday;
    if one.kind != "company" && one.sound != other.sound && !same_day {
        return None;
    }
    let (mut score, why) = names(one, other)?;
    let mut why = vec![why];
    if same_day {
        score += 40;
        why.push(Text::new("生日相同", "Same birthday"));
    }
    if one.city.is_some() && one.city == other.city {
        score += 15;
        why.push(Text::new("城市相同", "Same city"));
    } else if one.region.is_some() && one.region == other.region {
        score += 8;
        why.push(Text::new("地区相同", "Same region"));
    }
    (score >= SCORE_MIN).then_some((score, why))
}

/// Two numbers of one end: whether they are one number, dialled from elsewhere.
fn one_number(one: &str, other: &str) -> bool {
    let bare = |phone: &str| -> String {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        digits.strip_prefix("86").unwrap_or(&digits).trim_start_matches('0').to_owned()
    };
    let (one, other) = (bare(one), bare(other));
    one.len().min(other.len()) >= 7 && (one.ends_with(&other) || other.ends_with(&one))
}

/// Two whose numbers end alike.
pub(super) fn by_phone(one: &(Entry, String), other: &(Entry, String)) -> Option<(u32, Vec<Text>)> {
    if one.0.id == other.0.id || one.0.kind != other.0.kind {
        return None;
    }
    let named = names(&one.0, &other.0);
    let (mut score, mut why) = if one_number(&one.1, &other.1) {
        (75, vec![Text::new("电话只差区号或国家码", "Phones differ only in the codes before them")])
    } else {
        named.as_ref()?;
        (40, vec![Text::new("电话后八位相同", "Last eight digits of the phone are the same")])
    };
    if let Some((_, text)) = named {
        score += 25;
        why.push(text);
    }
    (score >= SCORE_MIN).then_some((score, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_company_is_no_part_of_its_stem() {
        for name in ["杭州明月科技有限公司", "杭州明月科技股份有限公司", "杭州明月科技（集团）有限公司", "杭州明月科技"]
        {
            assert_eq!(stem(name), "杭州明月科技", "{name}");
        }
        assert_eq!(stem("Moon Trading Co., Ltd."), stem("MOON TRADING LIMITED"));
        assert_eq!(stem("公司"), "公司", "a name is never nothing");
    }

    #[test]
    fn one_character_may_be_another_or_missing() {
        for (one, other) in [("王小明", "王小民"), ("王小明", "王明"), ("欧阳修", "欧阳俢"), ("张伟", "章伟")]
        {
            assert!(one_off(one, other) && one_off(other, one), "{one} {other}");
        }
        for (one, other) in [("王小明", "王小明"), ("王小明", "李小民"), ("王", "李"), ("", "王"), ("王明", "王小明明")]
        {
            assert!(!one_off(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_number_dialled_from_elsewhere_is_the_same() {
        assert!(one_number("+8613812345678", "+113812345678"));
        assert!(one_number("+8657187654321", "+8687654321"));
        assert!(!one_number("+8613812345678", "+8613912345678"));
        assert!(!one_number("+86123456", "+86123456"), "too short to say anything");
    }
}
