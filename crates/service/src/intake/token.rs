//! The token by which an answer finds its ticket where the mail program lost the thread: in the subject, `[#12-1f3a…]`, or
//! behind a plus in the address. It is signed, so nobody writes on a ticket by guessing its number.

use super::keys::Keys;
use crate::store::tickets;
use zunke_kernel::Result;
use zunke_kernel::id::TicketId;
use zunke_store::Tx;

const PURPOSE: &str = "ticket in mail";
/// Bytes of the signature: ten digits to guess among 10^12.
const LENGTH: usize = 5;

/// The token of a ticket: its number and a signature.
pub fn of(keys: &Keys, number: i64, ticket: TicketId) -> Result<String> {
    Ok(format!("{number}-{}", keys.sign(PURPOSE, &ticket.to_string(), LENGTH)?))
}

/// What stands in these texts and looks like a token.
fn candidates<'a>(subject: &'a str, addresses: &'a [String]) -> Vec<(i64, &'a str)> {
    let marked = subject.match_indices("[#").filter_map(|(at, mark)| subject[at + mark.len()..].split(']').next());
    let plus = addresses.iter().filter_map(|one| one.split_once('@')?.0.split_once('+').map(|(_, word)| word));
    marked
        .chain(plus)
        .filter_map(|word| word.trim().split_once('-'))
        .filter_map(|(number, signature)| Some((number.parse().ok()?, signature)))
        .take(5)
        .collect()
}

/// The ticket that a token names.
pub fn find(tx: &mut Tx, keys: &Keys, subject: &str, addresses: &[String]) -> Result<Option<TicketId>> {
    for (number, signature) in candidates(subject, addresses) {
        if let Some(ticket) = tickets::by_number(tx, number)?
            && keys.holds(PURPOSE, &ticket.to_string(), signature, LENGTH)?
        {
            return Ok(Some(ticket));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_subject_and_address() {
        let to = ["service+12-ab@x.com".to_owned(), "a@x.com".to_owned(), "b+news@x.com".to_owned()];
        assert_eq!(candidates("Re: [#7-cd] 快递 [x]", &to), [(7, "cd"), (12, "ab")]);
        assert_eq!(candidates("#7 [#x-1] [#", &[]), []);
        assert_eq!(candidates("[#99999999999999999999-1]", &[]), []);
    }
}
