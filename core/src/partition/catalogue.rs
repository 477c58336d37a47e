//! What is known of AWS's hosts, as tables that `tools/catalogue.py` writes from botocore's models.

mod partition;
mod prefix;
mod service;
mod worldwide;

pub use partition::PARTITIONS;
pub(super) use prefix::PREFIXES;
pub(super) use service::SERVICES;
pub(super) use worldwide::{ELSEWHERE, WORLDWIDE};

/// What the first labels of a host say.
pub(super) struct Entry {
    /// The labels before region and suffix, without marks of FIPS or dual stack; a leading `*` is any one label.
    pub(super) prefix: &'static str,
    /// The service names that a credential scope may have, the usual one first, separated by blanks.
    names: &'static str,
    /// The service models that are reached there, separated by blanks.
    models: &'static str,
    /// It takes bearer tokens, and no signature.
    pub(super) bearer: bool,
}

impl Entry {
    pub(super) fn signs_as(&self) -> &'static str {
        self.names().next().unwrap_or_default()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.names.split(' ')
    }

    pub(super) fn models(&self) -> &'static str {
        self.models
    }
}

const fn e(prefix: &'static str, names: &'static str, models: &'static str) -> Entry {
    Entry { prefix, names, models, bearer: false }
}

const fn bearer(prefix: &'static str, names: &'static str, models: &'static str) -> Entry {
    Entry { prefix, names, models, bearer: true }
}

/// A service model, and where it is.
pub(super) struct Service {
    /// As botocore names it.
    pub(super) model: &'static str,
    /// Its service id in lower case, with hyphens for blanks: the name in `AWS_ENDPOINT_URL_<NAME>`.
    pub(super) id: &'static str,
    /// The first labels of its host.
    pub(super) prefix: &'static str,
    /// The service name of a credential scope.
    pub(super) signs_as: &'static str,
    /// The hosts of its four variants, where no rule says otherwise.
    pub(super) shape: [&'static str; 4],
    /// A rule a line; see the table's own page.
    pub(super) rules: &'static str,
}

const fn standard(
    model: &'static str,
    id: &'static str,
    prefix: &'static str,
    signs_as: &'static str,
    rules: &'static str,
) -> Service {
    let shape = ["*.{r}.{d}", "*-fips.{r}.{d}", "*.{r}.{s}", "*-fips.{r}.{s}"];
    Service { model, id, prefix, signs_as, shape, rules }
}

/// One that was never anywhere but in the dual-stack domain.
const fn dualstack(
    model: &'static str,
    id: &'static str,
    prefix: &'static str,
    signs_as: &'static str,
    rules: &'static str,
) -> Service {
    let shape = ["*.{r}.{s}", "*-fips.{r}.{s}", "*.{r}.{s}", "*-fips.{r}.{s}"];
    Service { model, id, prefix, signs_as, shape, rules }
}

/// The entry of these first labels.
pub(super) fn entry(prefix: &str) -> Option<&'static Entry> {
    let at = PREFIXES.binary_search_by(|entry| entry.prefix.cmp(prefix)).ok()?;
    PREFIXES.get(at)
}

/// The service of that name: its service id, else its model, else the first labels of its host.
pub(super) fn service(name: &str) -> Option<&'static Service> {
    let at = SERVICES.binary_search_by(|service| service.model.cmp(name)).ok();
    let by_model = at.and_then(|at| SERVICES.get(at));
    // Most models are called by their service ids.
    if by_model.is_some_and(|service| service.id == name) {
        return by_model;
    }
    let by = |field: fn(&Service) -> &str| SERVICES.iter().find(|service| field(service) == name);
    by(|service| service.id).or(by_model).or_else(|| by(|service| service.prefix))
}

/// The services that sign as that, in the order of [`SERVICES`].
pub(super) fn signing_as(name: &str) -> impl Iterator<Item = &'static Service> {
    let service = |place: &u16| SERVICES.get(usize::from(*place));
    let first =
        BY_SIGNING_NAME.partition_point(|at| service(at).is_some_and(|service| service.signs_as < name));
    let rest = BY_SIGNING_NAME.get(first..).unwrap_or_default();
    rest.iter().filter_map(service).take_while(move |service| service.signs_as == name)
}

/// The places of all services, by the names that they sign as. Those of one name keep their order.
#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const BY_SIGNING_NAME: [u16; SERVICES.len()] = {
    let mut places = [0; SERVICES.len()];
    let mut next = 0;
    while next < SERVICES.len() {
        let mut at = next;
        while at > 0 && is_before(SERVICES[next].signs_as, SERVICES[places[at - 1] as usize].signs_as) {
            places[at] = places[at - 1];
            at -= 1;
        }
        places[at] = next as u16;
        next += 1;
    }
    places
};

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn is_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}

/// The regions that a host without one may be signed for.
pub(super) fn worldwide(prefix: &str, suffix: &str) -> Option<&'static [&'static str]> {
    row(WORLDWIDE, prefix, suffix)
}

/// The regions beside its own that a host may be signed for.
pub(super) fn elsewhere(prefix: &str, suffix: &str) -> Option<&'static [&'static str]> {
    row(ELSEWHERE, prefix, suffix)
}

type Row = (&'static str, &'static str, &'static [&'static str]);

fn row(table: &'static [Row], prefix: &str, suffix: &str) -> Option<&'static [&'static str]> {
    let at = table.binary_search_by(|(known, under, _)| (*known, *under).cmp(&(prefix, suffix))).ok()?;
    table.get(at).map(|(.., regions)| *regions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(PREFIXES.is_sorted_by(|a, b| a.prefix < b.prefix) && PREFIXES.len() > 500);
        assert!(SERVICES.is_sorted_by(|a, b| a.model < b.model) && SERVICES.len() > 400);
        for one in SERVICES {
            let same = SERVICES.iter().filter(|other| other.signs_as == one.signs_as);
            assert!(signing_as(one.signs_as).map(|service| service.model).eq(same.map(|other| other.model)));
        }
        assert_eq!(["", "aaa", "stt", "zzz"].map(|name| signing_as(name).count()), [0; 4]);
        for table in [WORLDWIDE, ELSEWHERE] {
            assert!(table.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        }
    }

    /// With the table of operations, which has a bound of 600 KiB, they stay below a mebibyte in a shared library,
    /// where each address of a text costs an entry of 24 bytes besides.
    #[test]
    fn the_tables_are_small() {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.len() + 24).sum::<usize>();
        let services = SERVICES.iter().map(|s| {
            let own = texts(&[s.model, s.id, s.prefix, s.signs_as, s.rules]);
            size_of::<Service>() + own + 24 * s.shape.len()
        });
        let prefixes = PREFIXES
            .iter()
            .map(|entry| size_of::<Entry>() + texts(&[entry.prefix, entry.names, entry.models]));
        let rows = WORLDWIDE.iter().chain(ELSEWHERE).map(|(prefix, suffix, regions)| {
            size_of::<Row>() + texts(&[prefix, suffix]) + texts(regions) + 16 * regions.len()
        });
        let partitions = PARTITIONS.iter().map(|one| {
            let regions = 16 * one.regions.len() + texts(one.regions);
            size_of_val(one) + texts(&[one.id, one.dns_suffix, one.dual_stack_suffix]) + regions
        });
        let total: usize = services.chain(prefixes).chain(rows).chain(partitions).sum();
        assert!(total > 100 << 10 && total < (1 << 20) - (600 << 10), "{total}");
    }
}
