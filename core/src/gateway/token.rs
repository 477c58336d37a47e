//! Whether the holder of a placeholder may have a token: what clients sign offline, and what lets its bearer into a database,
//! a cluster or a repository without a request that the gateway sees.

use super::{Gateway, Placeholder, Refusal, RefusalKind, note, stage};
use crate::access::{Grant, Wish};
use crate::audit::{Decision, Record, Shown};
use crate::operation;
use crate::partition::{self, HostName};
use crate::sigv4::{OfflinePresign, ProvenPresign, Scope};
use crate::time::Time;

impl Gateway {
    /// What whoever holds a placeholder may have that token with, which was signed with it: its
    /// [operation](operation::identify_token) is decided on as a request's is. To sign it again is the host's, by
    /// [`ProvenPresign::resign`]: no longer than the grant's `max_duration` and the placeholder last.
    ///
    /// # Errors
    /// [`Refusal`], with the detail for the operator.
    pub fn open_token(
        &self,
        token: &ProvenPresign,
        holder: &Placeholder,
        now: Time,
        record: &mut Record,
    ) -> Result<Grant, Refusal> {
        let presign = token.presign();
        note::identity(&holder.identity, record);
        record.host = Some(Shown::text(presign.host()));
        record.service = Some(Shown::text(presign.service()));
        record.region = Some(Shown::text(presign.region()));
        let decided = stage::check_life(holder, presign.signed_at(), now)
            .and_then(|()| self.decide_token(presign, holder, now, record));
        match &decided {
            Ok(grant) => {
                note::grant(grant, holder.chained.as_ref(), record);
                record.decision = Some(Decision::Allowed);
            }
            Err(refusal) => note::refusal(refusal, record),
        }
        decided
    }

    fn decide_token(
        &self,
        presign: &OfflinePresign,
        holder: &Placeholder,
        now: Time,
        record: &mut Record,
    ) -> Result<Grant, Refusal> {
        let malformed = |why: &str| Refusal::new(RefusalKind::Malformed, why);
        let operation = operation::identify_token(presign).ok_or_else(|| malformed("this is no token"))?;
        note::operation(&operation, record);
        let (service, region) = (presign.service(), presign.region());
        let is_name = |text: &str| !text.is_empty() && !text.contains([',', '*']);
        if !is_name(region) {
            return Err(malformed("a token is for one region"));
        }
        let host = presign.host();
        if service == "sts" {
            // Who one is, STS is asked; to whom else that would be said nobody knows.
            let name = HostName::parse(host.as_bytes()).map_err(|_| malformed("the host is none of sts"))?;
            name.endpoint()?.accepts_scope(&Scope::new(region, service))?;
        }
        let partition = partition::of(region).map(|partition| partition.id);
        let wish = Wish::new(service, region).in_partition(partition).asking(&operation).at(host);
        let decided = self.decide(&holder.identity, &wish, now, record.source, Some(&holder.signed_in));
        decided.map_err(|why| {
            record.rule = Some(why.name().into());
            Refusal::from(why)
        })
    }
}
