//! Whether the holder of a placeholder may open the console.

use super::{Gateway, Placeholder, Refusal, RefusalKind, note, stage};
use crate::access::{Denied, Grant, Question, Wish};
use crate::audit::{Decision, Record};
use crate::partition;
use crate::time::Time;

impl Gateway {
    /// What whoever holds a placeholder may open the console with: a whole session, whose requests never pass the
    /// gateway, by [`Policy::decide_session`](crate::access::Policy::decide_session) and every restriction. The link is
    /// the host's to make, by [`crate::console`]; no longer than the grant's `max_duration` and the placeholder last.
    ///
    /// # Errors
    /// [`Refusal`], with the detail for the operator.
    pub fn open_console(
        &self,
        holder: &Placeholder,
        now: Time,
        record: &mut Record,
    ) -> Result<Grant, Refusal> {
        note::identity(&holder.identity, record);
        let decided =
            stage::check_life(holder, now, now).and_then(|()| self.decide_console(holder, now, record));
        match &decided {
            Ok(grant) => {
                note::grant(grant, None, record);
                record.decision = Some(Decision::Allowed);
            }
            Err(refusal) => note::refusal(refusal, record),
        }
        decided
    }

    fn decide_console(&self, holder: &Placeholder, now: Time, record: &mut Record) -> Result<Grant, Refusal> {
        if holder.chained.is_some() {
            let text = "the gateway's rules do not allow this request";
            let why =
                "the placeholder stands for another session; the console is opened with the one it came from";
            return Err(Refusal::new(RefusalKind::Denied, text).with_detail(why));
        }
        let mut denied = |why: Denied| {
            record.rule = Some(why.name().into());
            Refusal::from(why)
        };
        let grant = self.access.decide_session(&holder.identity, now).map_err(&mut denied)?;
        let partition = grant.hops.last().map(|hop| hop.role.partition());
        let region = partition.and_then(partition::by_id).map_or("us-east-1", |found| found.implicit_region);
        let wish = Wish::new("signin", region).in_partition(partition);
        let mut question = Question::new(&grant, &wish, now);
        (question.source, question.signed_in) = (record.source, Some(&holder.signed_in));
        for restriction in &self.restrictions {
            restriction.check(&question).map_err(|why| denied(Denied::Restricted(why)))?;
        }
        Ok(grant)
    }
}
