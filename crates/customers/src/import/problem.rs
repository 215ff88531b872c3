//! Why a row is not taken. A code per reason for counting, a sentence for the person who corrects it.

use super::mapping::Field;
use super::reader::RowFault;
use super::values::Fault;
use zunke_kernel::money::shorten;
use zunke_kernel::{Locale, Text};

/// Reasons by which skipped rows are counted. The number is kept in a byte per row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// The row says nothing of whose it is.
    NoCustomer = 1,
    CellsMissing,
    CellsExtra,
    TooLarge,
    EncodingBroken,
    /// A cell can't be read as what it should be.
    ValueInvalid,
    /// A cell that must not be empty is.
    ValueMissing,
    /// Passed over by the mapping's own rule.
    Filtered,
    /// Later than now.
    InFuture,
    /// Another row of the same order is faulty: an order is taken whole or not at all.
    OtherRow,
    /// The rows of one order name several customers.
    CustomersDiffer,
    /// A negative sum, and the mapping does not say that this is a refund.
    NegativeOrder,
    /// Refused when it was to be recorded.
    Refused,
}

impl Reason {
    pub const ALL: [Self; 13] = [
        Self::NoCustomer,
        Self::CellsMissing,
        Self::CellsExtra,
        Self::TooLarge,
        Self::EncodingBroken,
        Self::ValueInvalid,
        Self::ValueMissing,
        Self::Filtered,
        Self::InFuture,
        Self::OtherRow,
        Self::CustomersDiffer,
        Self::NegativeOrder,
        Self::Refused,
    ];

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCustomer => "no_customer",
            Self::CellsMissing => "cells_missing",
            Self::CellsExtra => "cells_extra",
            Self::TooLarge => "too_large",
            Self::EncodingBroken => "encoding_broken",
            Self::ValueInvalid => "value_invalid",
            Self::ValueMissing => "value_missing",
            Self::Filtered => "filtered",
            Self::InFuture => "in_future",
            Self::OtherRow => "other_row",
            Self::CustomersDiffer => "customers_differ",
            Self::NegativeOrder => "negative_order",
            Self::Refused => "refused",
        }
    }

    #[must_use]
    pub fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == byte)
    }

    #[must_use]
    pub fn text(self) -> Text {
        let (zh, en) = match self {
            Self::NoCustomer => {
                ("缺少客户：请补上客户编号、手机号或邮箱。", "No customer: add the customer's id, phone or e-mail.")
            }
            Self::CellsMissing => ("单元格少于表头的列数。", "The row has fewer cells than the header."),
            Self::CellsExtra => (
                "单元格多于表头的列数，可能内容里有未加引号的分隔符。",
                "The row has more cells than the header; a delimiter may stand in a cell without quotes.",
            ),
            Self::TooLarge => ("有单元格超过 1 MB，内容未读取。", "A cell is larger than 1 MB; it was not read."),
            Self::EncodingBroken => (
                "有无法识别的字符，请按文件的编码修正。",
                "Some characters can't be read; correct them in the file's encoding.",
            ),
            Self::ValueInvalid => ("有单元格的内容不符合要求。", "A cell does not hold what it should."),
            Self::ValueMissing => ("必填的单元格为空。", "A cell that must not be empty is."),
            Self::Filtered => ("按映射的设置跳过。", "Passed over as the mapping says."),
            Self::InFuture => {
                ("时间晚于现在，请核对日期及其顺序。", "The time lies in the future; check the date and its order.")
            }
            Self::OtherRow => (
                "同一单据的其他行有误，整单未导入；请连同该行一起修正。",
                "Another row of the same order is faulty, so the whole order was left out; correct both together.",
            ),
            Self::CustomersDiffer => {
                ("同一单据的各行写了不同的客户。", "The rows of this order name different customers.")
            }
            Self::NegativeOrder => (
                "订单合计为负；如为退款，请在映射中选择“负数为退款”。",
                "The order's sum is negative; if it is a refund, let the mapping say so.",
            ),
            Self::Refused => ("未能记录。", "It could not be recorded."),
        };
        Text::new(zh, en)
    }
}

impl From<RowFault> for Reason {
    fn from(fault: RowFault) -> Self {
        match fault {
            RowFault::Short => Self::CellsMissing,
            RowFault::Long => Self::CellsExtra,
            RowFault::TooLarge => Self::TooLarge,
            RowFault::Broken => Self::EncodingBroken,
        }
    }
}

/// A row that is not taken, with the cell at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub reason: Reason,
    pub field: Option<Field>,
    /// The column's name in the file, for the text.
    pub column: Option<String>,
    pub value: Option<String>,
    pub fault: Option<Fault>,
    /// A text of its own where the reason alone says too little.
    pub text: Option<Text>,
}

impl Problem {
    #[must_use]
    pub fn of(reason: Reason) -> Self {
        Self { reason, field: None, column: None, value: None, fault: None, text: None }
    }

    #[must_use]
    pub fn text(&self) -> Text {
        let column = self.column.as_deref().unwrap_or_default();
        if let Some(text) = &self.text {
            return if column.is_empty() {
                text.clone()
            } else {
                Text::new(format!("“{column}”列：{}", text.zh), format!("Column “{column}”: {}", text.en))
            };
        }
        if column.is_empty() {
            return self.reason.text();
        }
        let value = shorten(self.value.as_deref().unwrap_or_default());
        match self.fault {
            Some(fault) => {
                let (zh, en) = fault_text(fault);
                Text::new(format!("“{column}”列的“{value}”{zh}"), format!("Column “{column}”: “{value}” {en}"))
            }
            None => {
                Text::new(format!("“{column}”列为空，请补上。"), format!("Column “{column}” is empty; fill it in."))
            }
        }
    }

    #[must_use]
    pub fn message(&self, locale: Locale) -> String {
        self.text().get(locale).to_owned()
    }
}

fn fault_text(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::NotANumber => ("不是数字。", "is not a number."),
        Fault::Absurd => ("数值过大，请核对。", "is absurdly large; please check it."),
        Fault::Ambiguous => {
            ("的逗号和点无法判断，请写成 1234.50。", "has separators that can't be told apart; write 1234.50.")
        }
        Fault::NotADate => ("不是日期，请写成 2026-11-22。", "is not a date; write 2026-11-22."),
        Fault::DateOrder => (
            "分不清日和月，请在映射中选择日期的顺序。",
            "could be two days; choose the order of day and month in the mapping.",
        ),
        Fault::YearOutOfRange => ("的年份不在 1900 到 2200 之间。", "has a year outside 1900 to 2200."),
        Fault::IdRounded => (
            "已被表格软件改成近似数，请在原系统中按文本重新导出。",
            "was rounded by a spreadsheet; export it again as text.",
        ),
        Fault::IdTooLong => ("过长或含有控制字符。", "is too long or has control characters."),
        Fault::NotYesNo => ("不是“是”或“否”。", "is not yes or no."),
        Fault::NotAGender => ("不是性别，请写“男”或“女”。", "is not a gender; write male or female."),
        Fault::CellError => ("是公式错误。", "is a formula error."),
    }
}
