//! What the demo's customers said of late, and what was done about it: sixty tickets in every state, made through the doors
//! that the forms, the mail and the desk use, so that clocks, routing and the time lines are as they would be.

use super::random::Random;
use std::sync::Arc;
use zunke_access::settings;
use zunke_customers::query::Filter;
use zunke_customers::{CustomerQuery, Observer, Sort, SortKey};
use zunke_kernel::id::{CustomerId, StaffId, TicketId};
use zunke_kernel::{Day, Instant, Result, Zone};
use zunke_service::ticket::{Channel, Kind, SenderKeys, State};
use zunke_service::{Change, Context, Hooks, NewMessage, NewTicket, Sender, Visibility, change, open, reply};
use zunke_store::{Db, Tx};

const HOUR: i64 = 3_600_000;
const TICKETS: usize = 60;
/// The source of their ids: a job that is run again finds them made.
const SOURCE: &str = "demo";

/// One story: what was said, what was answered, what the customer said then.
struct Story {
    kind: Kind,
    product: &'static str,
    subject: &'static str,
    body: &'static str,
    answer: &'static str,
    note: &'static str,
    again: &'static str,
}

const fn story(
    kind: Kind,
    product: &'static str,
    subject: &'static str,
    body: &'static str,
    rest: [&'static str; 3],
) -> Story {
    Story { kind, product, subject, body, answer: rest[0], note: rest[1], again: rest[2] }
}

use Kind::{Complaint, Praise, Question, Suggestion};

const STORIES: [Story; 20] = [
    story(
        Complaint,
        "瓷器",
        "收到的茶杯有裂纹",
        "昨天收到的茶杯，其中一只杯口有裂纹，倒热水会渗，请尽快处理。",
        [
            "非常抱歉给您添麻烦了，已为您补寄一只新茶杯，预计后天送达，旧杯不用寄回。",
            "查过出库照片，疑似运输破损，已通知物流。",
            "新的收到了，完好，谢谢。",
        ],
    ),
    story(
        Complaint,
        "家纺",
        "快递三天没有更新",
        "订单显示已发货，但是物流三天没有动了，周末要用，到底什么时候能到？",
        [
            "已联系承运商，包裹在中转仓滞留，今晚会重新发出，明天中午前送到您家。",
            "滞留三天，物流部门已立单赔付。",
            "刚收到，包装有点湿，不过里面没事。",
        ],
    ),
    story(
        Question,
        "会员",
        "积分什么时候到账",
        "上周买了一套餐具，积分一直没有到账，是要等多久？",
        ["您好，积分在签收七天后到账，您这一单会在周四到账，届时有短信提醒。", "", "明白了，谢谢。"],
    ),
    story(
        Question,
        "香薰",
        "香薰机可以用自来水吗",
        "说明书上写纯净水，家里只有自来水，长期用会不会坏？",
        ["可以临时使用，但建议用纯净水，自来水容易结垢。每月用柠檬酸清洗一次就好。", "", "好的"],
    ),
    story(
        Suggestion,
        "配送",
        "希望能选送货时间段",
        "白天家里没有人，希望下单时可以选晚上七点以后送货。",
        [
            "谢谢您的建议，已转给配送团队，夜间配送正在几个城市试点，有进展第一时间告诉您。",
            "这个月第六位客户提到，建议列入改进项。",
            "",
        ],
    ),
    story(
        Praise,
        "客服",
        "表扬客服小姐姐",
        "上次换货特别快，客服态度也好，一直帮我跟到收货，必须表扬一下！",
        ["谢谢您的认可，我们会转达给同事，祝您生活愉快！", "", ""],
    ),
    story(
        Complaint,
        "灯具",
        "台灯用了两周就闪",
        "台灯买了才两周，开半小时就开始闪，已经影响孩子写作业了。",
        [
            "很抱歉，已为您安排免费换新，快递员今天下午上门取旧件。",
            "同批次已有三例，已告知品控。",
            "新灯目前正常，再观察几天。",
        ],
    ),
    story(
        Complaint,
        "发票",
        "发票抬头开错了",
        "电子发票抬头写成个人了，我们公司报销不了，请重开。",
        ["已作废原发票，新发票已按您提供的抬头开具，发到您的邮箱，请查收。", "", "收到了。"],
    ),
    story(
        Question,
        "家纺",
        "蚕丝被怎么洗",
        "第一次买蚕丝被，可以机洗吗？",
        ["蚕丝被芯不可水洗，建议定期晾晒，被套可以机洗，水温不超过三十度。", "", "谢谢"],
    ),
    story(
        Question,
        "企业采购",
        "年会礼品想订两百份",
        "公司年会要两百份礼盒，能印标志吗？多久能做好？",
        [
            "可以印标志，两百份起订，周期十五个工作日，报价单已发到您的邮箱。",
            "大单，请客户经理跟进。",
            "价格可以，请把样品寄过来看看。",
        ],
    ),
    story(
        Suggestion,
        "包装",
        "包装太多了不环保",
        "一个小杯子套了四层盒子，太浪费了，希望简化包装。",
        ["您说得对，我们正在换用可回收的单层包装，春节后新批次就会改过来。", "", ""],
    ),
    story(
        Complaint,
        "会员",
        "生日礼券没有收到",
        "说好生日当月有礼券，现在都月底了还没有。",
        [
            "核对后确实漏发了，现已补发到您的账户，有效期延长一个月，非常抱歉。",
            "生日字段是导入时才补上的，所以漏了。",
            "看到了，谢谢。",
        ],
    ),
    story(
        Question,
        "瓷器",
        "紫砂壶怎么开壶",
        "刚收到紫砂壶，怎么开壶比较好？",
        ["清水煮半小时，再用您常喝的茶叶煮一刻钟，自然晾干即可，图文步骤已发给您。", "", "学会了！"],
    ),
    story(
        Complaint,
        "售后",
        "退款一直没有到",
        "退货签收都五天了，钱还没退回来，客服电话也打不通。",
        ["退款已于今天上午提交银行，最迟明天到账；电话占线给您添麻烦了。", "财务那边周末没有处理，已催。", "到账了。"],
    ),
    story(
        Praise,
        "门店",
        "门店导购很专业",
        "在南京路店买床品，导购讲解得很细，还帮我搬到车上，点赞。",
        ["谢谢您，我们会在店里表扬这位同事。", "", ""],
    ),
    story(
        Suggestion,
        "商品",
        "想要儿童款餐具",
        "杯子很好用，希望出小朋友用的轻一点的款式。",
        ["好主意！儿童系列在规划中，上市时给您留一份试用。", "", ""],
    ),
    story(
        Question,
        "灯具",
        "落地灯保修多久",
        "落地灯保修几年？灯泡坏了能单独买吗？",
        ["整灯保修三年，灯泡可以单独购买，型号是 E27 暖光。", "", "知道了，谢谢"],
    ),
    story(
        Complaint,
        "香薰",
        "香味和描述不一样",
        "写的是木质香，收到的是花香，闻着头疼，想退货。",
        ["给您换成雪松款或者直接退款都可以，您看哪种方便？", "可能发错了，仓库在核对。", "那就退款吧。"],
    ),
    story(
        Question,
        "会员",
        "怎么升到下一个等级",
        "我现在的等级还差多少能升级？升级有什么好处？",
        ["您再消费一单左右就能升级，升级后有专属客户经理和两小时响应，详细规则已发给您。", "", "好的，多谢！"],
    ),
    story(
        Complaint,
        "配送",
        "送货师傅不肯上楼",
        "买的是衣柜，说好送货上楼，师傅放到楼下就走了。",
        ["非常抱歉，已安排师傅今晚七点再次上门搬上楼，并给您补偿五十元券。", "已投诉该承运站点。", "已经搬上来了。"],
    ),
];

/// How a ticket ended, and before how many hours it was opened.
fn fate(number: usize, random: &mut Random) -> (State, i64) {
    match number % 10 {
        0..=3 => (State::Solved, i64::from(random.between(30, 28 * 24))),
        4 => (State::Closed, i64::from(random.between(15 * 24, 40 * 24))),
        5 => (State::Waiting, i64::from(random.between(20, 70))),
        6 => (State::Held, i64::from(random.between(20, 90))),
        7 => (State::Open, i64::from(random.between(3, 30))),
        _ => (State::New, i64::from(random.between(1, 8))),
    }
}

/// Makes them; those that are there already stay as they are.
pub fn put(db: &Db, now: Instant, today: Day, seed: u64, observers: &[Arc<dyn Observer>]) -> Result<()> {
    let hooks = Hooks { observers: observers.to_vec() };
    let (zone, customers, care) = db.read(|tx| Ok((settings::load(tx)?.zone(), customers(tx)?, care(tx)?)))?;
    if customers.is_empty() {
        return Ok(());
    }
    let desk = Desk { hooks, zone, today, now, care };
    for number in 0..TICKETS {
        let random = &mut Random::of(seed ^ 0x71c_4e75, number as u64);
        let story = &STORIES[number % STORIES.len()];
        // Those of the higher levels come first in the list, and say more often what they think.
        let place = (random.unit() * random.unit() * customers.len() as f64) as usize;
        let sender = customers.get(place).copied().unwrap_or(customers[0]);
        let (state, hours) = fate(number, random);
        desk.play(db, number, story, sender, state, hours, random)?;
    }
    Ok(())
}

/// Customers by level, the highest first, a dozen of each: by name, and only such as are alone in having it, so that the
/// same company gives the same people whatever their ids are.
fn customers(tx: &mut Tx) -> Result<Vec<CustomerId>> {
    let mut all = Vec::new();
    for rank in (0..=10).rev() {
        let filter = Filter { levels: vec![rank], ..Filter::default() };
        let by_name = Sort { key: SortKey::Name, descending: false };
        let page = CustomerQuery::system().filter(filter).sort(by_name).page(Some(60), None)?.list(tx)?;
        let alone = |name: &str| page.items.iter().filter(|other| other.name == name).count() == 1;
        all.extend(page.items.iter().filter(|one| alone(&one.name)).take(12).map(|customer| customer.id));
    }
    Ok(all)
}

fn care(tx: &mut Tx) -> Result<Option<StaffId>> {
    tx.query_one("SELECT staff_id FROM staff WHERE login = 'care'", &[], |row| row.id(0, StaffId))
}

struct Desk {
    hooks: Hooks,
    zone: Zone,
    today: Day,
    now: Instant,
    care: Option<StaffId>,
}

impl Desk {
    /// So many hours before noon of the demo's day, within the hours in which people write, and never in the future.
    fn ago(&self, hours: i64) -> Instant {
        let noon = self.zone.start_of(self.today).plus_ms(12 * HOUR);
        let at = noon.plus_ms(-hours * HOUR);
        let start = self.zone.start_of(self.zone.day_of(at));
        let hour = ((at.0 - start.0) / HOUR).clamp(8, 21);
        let at = start.plus_ms(hour * HOUR + at.0 % (50 * 60_000));
        if at > self.now { at.plus_ms(-24 * HOUR) } else { at }
    }

    #[expect(clippy::too_many_arguments, reason = "one ticket, told in one place")]
    fn play(
        &self,
        db: &Db,
        number: usize,
        story: &Story,
        sender: CustomerId,
        state: State,
        hours: i64,
        random: &mut Random,
    ) -> Result<()> {
        let channels = [Channel::Phone, Channel::Message, Channel::Email, Channel::Form, Channel::MemberPage];
        let channel = *random.pick(&channels);
        let opened = self.ago(hours);
        let known = number % 15 != 13;
        let sender = if known {
            Sender::Known(sender)
        } else {
            let keys = SenderKeys { email: Some(format!("reader{number}@example.com")), ..SenderKeys::default() };
            Sender::Unknown { name: Some("网页访客".to_owned()), keys }
        };
        let mut new = NewTicket::new(sender, story.kind, channel, story.body, opened);
        story.subject.clone_into(&mut new.subject);
        new.product = Some(story.product.to_owned());
        new.source = Some((SOURCE.to_owned(), format!("ticket-{number}")));
        let made = db.write(|tx| {
            let cx = Context::load(tx, opened, None)?;
            open(tx, &cx, &new, &self.hooks)
        })?;
        let zunke_service::Outcome::Opened(id) = made else { return Ok(()) };
        if state == State::New {
            return Ok(());
        }
        let answered = opened.plus_ms(i64::from(random.between(6, 110)) * 60_000).min(self.now);
        let closing = answered.plus_ms(i64::from(random.between(1, 20)) * HOUR).min(self.now);
        db.write(|tx| self.answer(tx, id, story, state, channel, (answered, closing)))
    }

    fn answer(
        &self,
        tx: &mut Tx,
        id: TicketId,
        story: &Story,
        state: State,
        channel: Channel,
        (answered, closing): (Instant, Instant),
    ) -> Result<()> {
        let cx = Context::load(tx, answered, self.care)?;
        let taken = Change {
            assignee: self.care.map_or(zunke_http::Change::Keep, zunke_http::Change::Set),
            state: Some(State::Open),
            ..Change::default()
        };
        change(tx, &cx, id, &taken, &self.hooks)?;
        if !story.note.is_empty() {
            let note = NewMessage::from_staff(Visibility::Internal, channel, story.note, answered);
            reply(tx, &cx, id, &note, &self.hooks)?;
        }
        if state == State::Open {
            return Ok(());
        }
        let mut said = NewMessage::from_staff(Visibility::Public, channel, story.answer, answered);
        said.state_after = Some(if state == State::Held { State::Held } else { State::Waiting });
        reply(tx, &cx, id, &said, &self.hooks)?;
        if !matches!(state, State::Solved | State::Closed) {
            return Ok(());
        }
        if !story.again.is_empty() {
            let system = Context::load(tx, closing, None)?;
            let again = NewMessage::from_customer(channel, story.again, closing);
            reply(tx, &system, id, &again, &self.hooks)?;
        }
        let cx = Context::load(tx, closing, self.care)?;
        for state in [State::Solved, State::Closed].into_iter().take(1 + usize::from(state == State::Closed)) {
            change(tx, &cx, id, &Change { state: Some(state), ..Change::default() }, &self.hooks)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_tickets_stand_in_every_state_and_are_made_once() {
        for db in zunke_store::testing::databases() {
            let now = Instant(1_800_259_200_000);
            let today = Zone::default().day_of(now);
            db.write(|tx| {
                for number in 0..40_i64 {
                    let id = CustomerId::new(now);
                    tx.execute(
                        "INSERT INTO customers (customer_id, kind, name, name_sort, status, version, created_at, updated_at,
                           level_rank) VALUES ($1, 'person', $2, $2, 'active', 1, 0, 0, $3)",
                        &[id.into(), format!("客户{number}").into(), (number % 4).into()],
                    )?;
                }
                Ok(())
            })
            .expect("customers");
            for _ in 0..2 {
                put(&db, now, today, 1, &[]).expect("tickets");
                let count = |sql: &str| {
                    db.read(|tx| tx.query_one(sql, &[], |row| row.int(0))).expect("asked").expect("a number")
                };
                assert_eq!(count("SELECT COUNT(*) FROM tickets"), 60);
                for state in State::ALL.iter().filter(|state| **state != State::Cancelled) {
                    let sql = format!("SELECT COUNT(*) FROM tickets WHERE state = '{}'", state.word());
                    assert!(count(&sql) > 0, "none is {}", state.word());
                }
                assert_eq!(count("SELECT COUNT(*) FROM tickets WHERE opened_at > 1800259200000"), 0);
            }
        }
    }
}
